using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Content.Edge;
using Veil.Directory.Paths;
using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Exits;
using Veil.Wire.Seams;

namespace Veil.Node.Exits;

/// <summary>
/// A client's side of exits (spec/exit.md, section 7): keeps one exit for each isolation group for a while, and asks
/// others when it does not take what is wanted. Any thread.
/// </summary>
internal sealed class ExitClient : IDisposable
{
    private const int MaxTries = 4;
    private const int MaxGroups = 64;
    private const int MaxRefusals = 1024;
    private static readonly TimeSpan _stay = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan _refusalLasts = TimeSpan.FromHours(1);

    // What an exit may take to look up and to connect, and some more for the way: after that it stands still.
    private static readonly TimeSpan _answerLimit = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan _sweepInterval = TimeSpan.FromSeconds(30);

    private readonly TrunkPool _trunks;
    private readonly NetworkView _view;
    private readonly TimeProvider _time;
    private readonly DecisionSource _decisions;
    private readonly int _streamsOfBranch;
    private readonly ITimer _sweep;
    private readonly Lock _lock = new();

    // Under the lock; streams are opened under it as well, so that no sweep comes between.
    private readonly Dictionary<string, Stay> _stays = [];
    private readonly List<ClientBranch> _branches = [];
    private readonly Dictionary<(RelayId Exit, ushort Port), long> _refusals = [];

    /// <param name="trunks">The client's trunks.</param>
    /// <param name="view">The network.</param>
    /// <param name="streamsOfBranch">Streams that one branch carries at most.</param>
    /// <param name="seams">Clock and choices.</param>
    internal ExitClient(
        TrunkPool trunks,
        NetworkView view,
        int streamsOfBranch,
        (TimeProvider Time, DecisionSource Decisions) seams)
    {
        _trunks = trunks;
        _view = view;
        _streamsOfBranch = streamsOfBranch;
        (_time, _decisions) = seams;
        _sweep = _time.CreateTimer(_ => Sweep(), null, _sweepInterval, _sweepInterval);
    }

    /// <summary>Whether the network has an exit that this node may use.</summary>
    internal bool HasExits => _view.Consensus is { } consensus && consensus.Relays.Any(IsExit);

    /// <summary>Opens a stream to a target.</summary>
    /// <returns>The exit's answer, and the stream when it is Connected.</returns>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    internal async Task<(ExitAnswer Answer, CircuitStream? Stream)> ConnectAsync(
        ExitTarget target, IsolationGroup group, CancellationToken cancellationToken)
    {
        var tried = new HashSet<RelayId>();
        var answer = ExitAnswer.Failed;
        while (tried.Count < MaxTries && Choose(group, target.Port, tried) is { } exit)
        {
            tried.Add(exit);
            try
            {
                (answer, var stream) = await AskAsync(exit, target, group, cancellationToken);
                if (answer == ExitAnswer.Policy)
                {
                    Remember(exit, target.Port);
                }

                if (answer is not (ExitAnswer.Policy or ExitAnswer.Busy or ExitAnswer.Failed))
                {
                    return (answer, stream);
                }
            }
            catch (Exception broken) when (broken is CircuitFailedException or StreamResetException or IOException)
            {
                answer = ExitAnswer.Failed;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Its link may take two minutes to show that it stands still.
                answer = ExitAnswer.TimedOut;
            }

            Leave(group, exit);
        }

        return (answer, null);
    }

    /// <summary>Sweeps no more; branches end with the trunks.</summary>
    public void Dispose() => _sweep.Dispose();

    private bool IsExit(RelayEntry entry) =>
        entry.Has(RelayFlags.Exit) && entry.Has(RelayFlags.Relay) && entry.Identity != _view.Self;

    private async Task<(ExitAnswer Answer, CircuitStream? Stream)> AskAsync(
        RelayId exit, ExitTarget target, IsolationGroup group, CancellationToken cancellationToken)
    {
        var (branch, stream) = await OpenAsync(exit, group, cancellationToken);
        branch.Await(1);
        using var limit = new CancellationTokenSource(_answerLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var request = new byte[ExitTarget.MaxBytes];
            await stream.Output.WriteAsync(request.AsMemory(0, target.Write(request)), either.Token);
            var read = await stream.Input.ReadAtLeastAsync(1, either.Token);
            if (read.Buffer.IsEmpty)
            {
                throw new IOException("the exit ended the stream without an answer");
            }

            var answer = (ExitAnswer)read.Buffer.FirstSpan[0];
            stream.Input.AdvanceTo(read.Buffer.GetPosition(1));
            if (answer == ExitAnswer.Connected)
            {
                return (answer, stream);
            }

            // Both directions end in order, so that neither side has to reset what is over.
            await stream.Output.CompleteAsync();
            await stream.Input.CompleteAsync();
            return (Enum.IsDefined(answer) ? answer : ExitAnswer.Failed, null);
        }
        catch
        {
            stream.Reset();
            throw;
        }
        finally
        {
            branch.Await(-1);
        }
    }

    private async Task<(ClientBranch Branch, CircuitStream Stream)> OpenAsync(
        RelayId exit, IsolationGroup group, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_stays.TryGetValue(group.Name, out var stay) && stay.Exit == exit
                && stay.Branch is { IsClosed: false } open && open.StreamCount < _streamsOfBranch)
            {
                return (open, open.Open(ServiceId.Exit));
            }
        }

        var made = await _trunks.BranchAsync($"{group.Name}/exit", TrunkPurpose.Interactive, exit, cancellationToken);
        lock (_lock)
        {
            _branches.Add(made);
            if (_stays.TryGetValue(group.Name, out var stay) && stay.Exit == exit)
            {
                stay.Branch = made;
            }

            return (made, made.Open(ServiceId.Exit));
        }
    }

    // A branch without streams is closed: the next connection makes another one in a round trip or two.
    private void Sweep()
    {
        ClientBranch[] idle;
        lock (_lock)
        {
            idle = [.. _branches.Where(branch => branch.IsClosed || branch.StreamCount == 0)];
            _branches.RemoveAll(branch => idle.Contains(branch));
            foreach (var stay in _stays.Values.Where(stay => idle.Contains(stay.Branch)))
            {
                stay.Branch = null;
            }
        }

        foreach (var branch in idle)
        {
            branch.Close();
        }
    }

    private RelayId? Choose(IsolationGroup group, ushort port, HashSet<RelayId> tried)
    {
        if (_view.Consensus is not { } consensus)
        {
            return null;
        }

        lock (_lock)
        {
            var now = _time.GetTimestamp();
            if (_stays.TryGetValue(group.Name, out var stay) && !tried.Contains(stay.Exit) && !Refuses(stay.Exit, port)
                && _time.GetElapsedTime(stay.Since, now) < _stay
                && consensus.TryGet(stay.Exit, out var present) && IsExit(present))
            {
                return stay.Exit;
            }

            var picked = new RelayPicker(consensus, _decisions).Pick(entry =>
                IsExit(entry) && !tried.Contains(entry.Identity) && !Refuses(entry.Identity, port));
            if (picked is null)
            {
                return null;
            }

            while (_stays.Count >= MaxGroups && !_stays.ContainsKey(group.Name))
            {
                _stays.Remove(_stays.MinBy(entry => entry.Value.Since).Key);
            }

            _stays[group.Name] = new Stay(picked.Identity, now);
            return picked.Identity;
        }
    }

    private bool Refuses(RelayId exit, ushort port) =>
        _refusals.TryGetValue((exit, port), out var since) && _time.GetElapsedTime(since) < _refusalLasts;

    private void Remember(RelayId exit, ushort port)
    {
        lock (_lock)
        {
            _refusals[(exit, port)] = _time.GetTimestamp();
            while (_refusals.Count > MaxRefusals)
            {
                _refusals.Remove(_refusals.MinBy(entry => entry.Value).Key);
            }
        }
    }

    private void Leave(IsolationGroup group, RelayId exit)
    {
        lock (_lock)
        {
            if (_stays.TryGetValue(group.Name, out var stay) && stay.Exit == exit)
            {
                _stays.Remove(group.Name);
            }
        }
    }

    private sealed class Stay(RelayId exit, long since)
    {
        internal RelayId Exit => exit;

        internal long Since => since;

        internal ClientBranch? Branch { get; set; }
    }
}
