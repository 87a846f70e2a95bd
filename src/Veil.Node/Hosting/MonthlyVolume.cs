using System.Globalization;
using Microsoft.Extensions.Logging;
using Veil.Circuits.Limits;
using Veil.Node.Configuration;
using Veil.Storage;

namespace Veil.Node.Hosting;

/// <summary>
/// Counts what the relay's links carry in a calendar month (UTC), over restarts, and lets the relay rest when it is as
/// much as the operator allows (spec/operating.md, section 6). Its owner ticks it. Not safe for concurrent use.
/// </summary>
internal sealed partial class MonthlyVolume : IDisposable
{
    private const string Head = "veil-volume 1";

    // A crash forgets at most this much of the month.
    private const long BytesBetweenSaves = 64L << 20;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly NodeLimits _limits;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private string _month;
    private long _bytes;
    private long _saved;
    private long _counted;
    private long _bound;
    private bool _over;

    /// <summary>Goes on with the month that the file has, if it is still that month.</summary>
    /// <exception cref="NodeStartException">The file is damaged: nothing is changed.</exception>
    internal MonthlyVolume(NodeLimits limits, long bound, string path, TimeProvider time, ILogger logger)
    {
        (_limits, _bound, _path, _time, _logger) = (limits, bound, path, time, logger);
        _month = MonthNow();
        if (File.Exists(path))
        {
            Load(File.ReadAllText(path));
        }

        _saved = _bytes;
        Count();
        _timer = time.CreateTimer(_ => Tick(), null, Interval, Interval);
    }

    /// <summary>Bytes of this month, both ways.</summary>
    internal long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Bytes a month, 0 for no limit; holds at once.</summary>
    internal long Bound
    {
        get
        {
            lock (_lock)
            {
                return _bound;
            }
        }

        set
        {
            lock (_lock)
            {
                _bound = value;
            }

            Tick();
        }
    }

    /// <summary>Writes down what was counted.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            Count();
            Save();
            _over = true;
        }
    }

    private void Tick()
    {
        lock (_lock)
        {
            if (_over)
            {
                return;
            }

            Count();
            if (_bytes - _saved >= BytesBetweenSaves)
            {
                Save();
            }
        }
    }

    private void Count()
    {
        string month = MonthNow();
        if (month != _month)
        {
            (_month, _bytes) = (month, 0);
            Save();
        }

        long total = _limits.Volume.Total;
        _bytes += total - _counted;
        _counted = total;
        bool rests = _bound > 0 && _bytes >= _bound;
        if (rests != _limits.Paused)
        {
            _limits.Paused = rests;
            LogPaused(_logger, rests ? "used up: circuits of others rest" : "free again");
        }
    }

    private void Save()
    {
        try
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"{Head}\nmonth {_month}\nbytes {_bytes}\n");
            DurableFile.Replace(_path, System.Text.Encoding.ASCII.GetBytes(text));
            _saved = _bytes;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            LogNotSaved(_logger, fault.Message);
        }
    }

    private void Load(string text)
    {
        string[] lines = text.Split('\n');
        if (lines is not [Head, { } month, { } bytes, ""]
            || !month.StartsWith("month ", StringComparison.Ordinal)
            || !bytes.StartsWith("bytes ", StringComparison.Ordinal)
            || !long.TryParse(bytes.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out long known))
        {
            throw new NodeStartException(
                "volume", $"{_path} is damaged", "remove it; this month's traffic is then counted from zero");
        }

        _bytes = month[6..] == _month ? known : 0;
    }

    private string MonthNow() => _time.GetUtcNow().UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    [LoggerMessage(130, LogLevel.Warning, "the month's volume is {State}")]
    private static partial void LogPaused(ILogger logger, string state);

    [LoggerMessage(131, LogLevel.Warning, "the month's volume cannot be written down: {Fault}")]
    private static partial void LogNotSaved(ILogger logger, string fault);
}
