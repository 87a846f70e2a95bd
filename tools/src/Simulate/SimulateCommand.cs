using System.CommandLine;
using System.CommandLine.Parsing;
using Veil.Simulation.Scenarios;
using Veil.Simulation.Tracing;
using Veil.Wire.Seams;

namespace Veil.Tools.Simulate;

/// <summary>The command line: which seeds of which scenario, and how the results are written.</summary>
internal sealed class SimulateCommand
{
    // The contract's exit codes.
    private const int Done = 0;
    private const int Failed = 1;
    private const int WrongUsage = 2;
    private const int Interrupted = 130;

    private readonly Option<ulong?> _seed = new("--seed") { Description = "Play one seed; with --minutes, the first." };
    private readonly Option<string?> _seeds = new("--seeds") { Description = "Play the seeds A..B, both included." };
    private readonly Option<double?> _minutes = new("--minutes")
    {
        Description = "Play seed after seed for this long; the first is chosen at random unless --seed gives it.",
    };

    private readonly Option<string?> _scenario = new("--scenario")
    {
        Description = $"What to play ({ScenarioRegistry.All[0].Name}). "
            + string.Join("; ", ScenarioRegistry.All.Select(scenario => $"{scenario.Name}: {scenario.Summary}")),
    };

    private readonly Option<int?> _nodes = new("--nodes") { Description = "How many hosts (the scenario's default)." };
    private readonly Option<bool> _json = new("--json") { Description = "One object a seed and line." };
    private readonly Option<FileInfo?> _trace = new("--trace")
    {
        Description = "Write every event to this file: compare two such files to see where two runs part.",
    };

    private readonly TimeProvider _time;

    internal SimulateCommand(TimeProvider time) => _time = time;

    /// <summary>Parses and plays.</summary>
    /// <returns>0 without a violation, 1 with one, 2 on wrong usage, 130 when interrupted.</returns>
    internal int Run(string[] args)
    {
        var root = new RootCommand(
            "Plays a simulated network from a seed, in virtual time. The same seed and code give the same trace hash. "
            + "Example: tools/simulate --seeds 1..100 --nodes 50 --json")
        {
            _seed, _seeds, _minutes, _scenario, _nodes, _json, _trace,
        };
        root.Subcommands.Add(PrivacyCommand.Create());
        root.Validators.Add(Validate);
        root.SetAction((parsed, cancellation) => Task.FromResult(Play(parsed, cancellation)));
        var result = root.Parse(args);
        var code = result.Invoke();
        return result.Errors.Count > 0 ? WrongUsage : code;
    }

    private void Validate(CommandResult command)
    {
        var seeds = command.GetValue(_seeds);
        if (seeds is not null && !SeedRange.TryParse(seeds, out _))
            command.AddError("--seeds takes two numbers, the first not above the second: --seeds 1..100");
        if (seeds is not null && (command.GetValue(_seed) is not null || command.GetValue(_minutes) is not null))
            command.AddError("--seeds stands alone: leave out --seed and --minutes");
        if (seeds is null && command.GetValue(_seed) is null && command.GetValue(_minutes) is null)
            command.AddError("say which seeds: --seed N, --seeds A..B or --minutes M");
        if (command.GetValue(_minutes) is <= 0)
            command.AddError("--minutes takes a number above 0");
        if (command.GetValue(_nodes) is < 1)
            command.AddError("--nodes takes a number above 0");
        if (command.GetValue(_scenario) is { } name && ScenarioRegistry.Find(name) is null)
            command.AddError($"no such scenario: {name}");
    }

    private int Play(ParseResult parsed, CancellationToken cancellation)
    {
        var scenario = parsed.GetValue(_scenario) is { } name ? ScenarioRegistry.Find(name)! : ScenarioRegistry.All[0];
        var nodes = parsed.GetValue(_nodes) ?? scenario.DefaultNodes;
        var writer = new ResultWriter(Console.Out, Console.Error, parsed.GetValue(_json));
        var runner = new ScenarioRunner(_time);
        using var trace = parsed.GetValue(_trace)?.CreateText();
        Action<TraceEvent>? listener = trace is null ? null : happened => trace.WriteLine(happened.ToString());
        var violations = 0;
        foreach (var seed in Seeds(parsed))
        {
            if (cancellation.IsCancellationRequested)
                return Interrupted;
            var result = runner.Run(scenario, seed, nodes, listener);
            writer.Write(scenario, nodes, result);
            violations += result.Violation is null ? 0 : 1;
        }
        return violations == 0 ? Done : Failed;
    }

    private IEnumerable<ulong> Seeds(ParseResult parsed)
    {
        if (parsed.GetValue(_seeds) is { } text && SeedRange.TryParse(text, out var range))
        {
            for (var seed = range.First; seed < range.Last; seed++)
                yield return seed;
            yield return range.Last;
            yield break;
        }
        var first = parsed.GetValue(_seed);
        if (parsed.GetValue(_minutes) is not { } minutes)
        {
            yield return first!.Value;
            yield break;
        }
        // 32 bits, so that a seed can be read out and typed in again.
        var next = first ?? new SystemDecisionSource().NextBelow(uint.MaxValue);
        var started = _time.GetTimestamp();
        while (_time.GetElapsedTime(started) < TimeSpan.FromMinutes(minutes))
            yield return unchecked(next++);
    }
}
