namespace Veil.Node.Directory;

/// <summary>What is told of a problem.</summary>
internal enum LogLineKind
{
    /// <summary>It is new.</summary>
    Began,

    /// <summary>It is still there.</summary>
    Lasts,

    /// <summary>It is gone.</summary>
    Ended,
}

/// <summary>One line about one problem.</summary>
internal readonly record struct LogLine(LogLineKind Kind, HealthProblem Problem);

/// <summary>
/// Decides which lines are written about problems that come, last and go (spec/limits.md, section 4): each change once,
/// each lasting problem now and then, never more than a fixed number in ten minutes. Not for concurrent use.
/// </summary>
internal sealed class LogBudget
{
    /// <summary>Lines in a window.</summary>
    internal const int MaxLines = 15;

    /// <summary>The window.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Repeat = TimeSpan.FromMinutes(30);

    // What comes and goes is told of once a minute at most.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(1);

    private readonly SortedDictionary<string, Told> _told = new(StringComparer.Ordinal);
    private readonly Queue<TimeSpan> _written = new();

    /// <summary>The lines to be written at <paramref name="uptime"/>, which never goes back.</summary>
    internal IReadOnlyList<LogLine> Next(IReadOnlyList<HealthProblem> problems, TimeSpan uptime)
    {
        while (_written.TryPeek(out var oldest) && uptime - oldest >= Window)
        {
            _written.Dequeue();
        }

        var lines = new List<LogLine>();
        foreach (var problem in problems)
        {
            _told.TryGetValue(problem.Code, out var told);
            if (told is { IsThere: true })
            {
                Try(lines, new LogLine(LogLineKind.Lasts, problem), uptime, uptime - told.At >= Repeat);
            }
            else
            {
                Try(lines, new LogLine(LogLineKind.Began, problem), uptime, IsSettled(told, uptime));
            }
        }

        foreach (var told in _told.Values.Where(told => told.IsThere).ToList())
        {
            if (problems.All(problem => problem.Code != told.Problem.Code))
            {
                Try(lines, new LogLine(LogLineKind.Ended, told.Problem), uptime, IsSettled(told, uptime));
            }
        }

        return lines;
    }

    private static bool IsSettled(Told? told, TimeSpan uptime) => told is null || uptime - told.At >= Settling;

    private void Try(List<LogLine> lines, LogLine line, TimeSpan uptime, bool isDue)
    {
        if (isDue && _written.Count < MaxLines)
        {
            _written.Enqueue(uptime);
            _told[line.Problem.Code] = new Told(line.Problem, uptime, line.Kind != LogLineKind.Ended);
            lines.Add(line);
        }
    }

    private sealed record Told(HealthProblem Problem, TimeSpan At, bool IsThere);
}
