using Microsoft.Extensions.Logging;
using Veil.Directory;
using Veil.Directory.Clocks;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Node.Directory;

/// <summary>
/// Gathers what a node's loops experience of the network, says what is wrong (spec/directory.md, section 11), and logs
/// each change once. Any thread.
/// </summary>
internal sealed partial class NetworkHealth
{
    private readonly NetworkDefinition _network;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly long _start;
    private readonly Lock _lock = new();

    // Under the lock.
    private readonly ClockWatch _clock;
    private readonly Reachability _reach;
    private readonly SortedDictionary<int, RefusalCode> _descriptorRefusals = [];
    private readonly SortedDictionary<int, RefusalCode> _voteRefusals = [];
    private readonly LogBudget _budget = new();
    private NetworkState _toldState = NetworkState.NoConsensus;
    private Consensus? _current;
    private Consensus? _newest;
    private bool _notSaved;

    /// <summary>Knows nothing yet.</summary>
    /// <param name="network">The network.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of changes.</param>
    /// <param name="self">This node, or null for a client.</param>
    internal NetworkHealth(NetworkDefinition network, TimeProvider time, ILogger logger, RelayId? self)
    {
        (_network, _time, _logger) = (network, time, logger);
        _start = time.GetTimestamp();
        _clock = new ClockWatch(network, self);
        _reach = new Reachability(network, self);
    }

    /// <summary>What others say of this machine's clock.</summary>
    internal ClockVerdict Clock
    {
        get
        {
            lock (_lock)
            {
                return _clock.Judge(_time.GetUtcNow(), _time.GetElapsedTime(_start));
            }
        }
    }

    /// <summary>A question to a node has ended; none is an answer.</summary>
    internal void Asked(RelayId responder, CloseReason outcome)
    {
        lock (_lock)
        {
            _reach.Add(responder, outcome, _time.GetTimestamp());
        }
    }

    /// <summary>An answer came <paramref name="roundTrip"/> after the question, just now, with this time.</summary>
    internal void Heard(RelayId responder, DateTimeOffset theirs, TimeSpan roundTrip)
    {
        var ours = _time.GetUtcNow() - (roundTrip / 2);
        var uptime = _time.GetElapsedTime(_start) - (roundTrip / 2);
        lock (_lock)
        {
            _clock.Add(new ClockSample(responder, theirs, ours, roundTrip, uptime));
        }
    }

    /// <summary>What the node has now.</summary>
    internal void Knows(Consensus? current, Consensus? newest)
    {
        lock (_lock)
        {
            (_current, _newest) = (current, newest);
        }
    }

    /// <summary>What an authority answered to the descriptor; none is acceptance.</summary>
    internal void DescriptorAnswered(int authority, RefusalCode code) => Answered(_descriptorRefusals, authority, code);

    /// <summary>What an authority answered to a vote or signature; none is acceptance.</summary>
    internal void VoteAnswered(int authority, RefusalCode code) => Answered(_voteRefusals, authority, code);

    /// <summary>Whether what is to be remembered could be written.</summary>
    internal void Saved(bool succeeded)
    {
        lock (_lock)
        {
            _notSaved = !succeeded;
        }
    }

    /// <summary>All that is known and wrong now.</summary>
    internal NetworkHealthReport Report()
    {
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            var verdict = _clock.Judge(now, _time.GetElapsedTime(_start));
            bool isLive = _current?.IsLive(now) == true;
            return new NetworkHealthReport
            {
                State = isLive ? NetworkState.Live
                    : _newest is null ? NetworkState.NoConsensus
                    : NetworkState.Expired,
                Epoch = _newest?.Epoch ?? 0,
                Relays = _newest?.Relays.Count ?? 0,
                ClockOffset = verdict.Offset,
                Unanswered = _reach.IsFailing ? _time.GetElapsedTime(_reach.LastAnswer) : null,
                Problems = ProblemsAt(now, verdict, isLive),
            };
        }
    }

    /// <summary>Logs what has changed since the last call. Often.</summary>
    internal void Review()
    {
        var report = Report();
        var lines = new List<LogLine>();
        bool found;
        lock (_lock)
        {
            lines.AddRange(_budget.Next(report.Problems, _time.GetElapsedTime(_start)));
            found = report.State == NetworkState.Live && _toldState != NetworkState.Live;
            _toldState = report.State;
        }

        foreach (var line in lines)
        {
            Write(line);
        }

        if (found)
        {
            LogFound(_logger, report.Epoch, report.Relays);
        }
    }

    private void Answered(SortedDictionary<int, RefusalCode> refusals, int authority, RefusalCode code)
    {
        lock (_lock)
        {
            if (code == RefusalCode.None)
            {
                refusals.Remove(authority);
            }
            else
            {
                refusals[authority] = code;
            }
        }
    }

    // Causes first; what a cause explains is not named beside it.
    private List<HealthProblem> ProblemsAt(DateTimeOffset now, ClockVerdict verdict, bool isLive)
    {
        var problems = new List<HealthProblem>();
        var early = _newest is null
            ? TimeSpan.Zero
            : _newest.ValidAfter - TimeSpan.FromSeconds(_network.EpochSeconds) - now;
        Add(problems, HealthProblems.Clock(verdict, early > TimeSpan.Zero ? early : null));
        Add(problems, HealthProblems.Unreachable(_reach));
        if (!isLive && problems.Count == 0 && _reach.WasAnswered && !_reach.NobodyAnswers)
        {
            problems.Add(HealthProblems.NoLiveConsensus(_newest, now, verdict.IsSuspect));
        }

        AddRefused(problems, "descriptor", _descriptorRefusals);
        AddRefused(problems, "vote", _voteRefusals);
        if (_notSaved)
        {
            problems.Add(HealthProblems.StateNotSaved());
        }

        // A network that is too small hides nobody anyway.
        Add(problems, _newest is null
            ? null
            : HealthProblems.TooSmall(_newest) ?? HealthProblems.StoresOnPaths(_newest));
        return problems;
    }

    private void AddRefused(List<HealthProblem> problems, string what, SortedDictionary<int, RefusalCode> refusals)
    {
        if (refusals.Count > 0)
        {
            problems.Add(HealthProblems.Refused(what, refusals.Values, _network.Authorities.Count));
        }
    }

    private static void Add(List<HealthProblem> problems, HealthProblem? problem)
    {
        if (problem is not null)
        {
            problems.Add(problem);
        }
    }
}
