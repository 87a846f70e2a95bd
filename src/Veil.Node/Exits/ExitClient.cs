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
/// others for what it does not take. Any thread.
/// </summary>
internal sealed class ExitClient : IDisposable
{
    private const int MaxTries = 4;
    private const int MaxRefusals = 1024;
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
    private readonly ExitStays _stays;
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
        _stays = new ExitStays(_time);
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
        while (tried.Count < MaxTries && Choose(group, target.Port, tried) is { } place)
        {
            tried.Add(place.Exit);
            try
            {
                (answer, var stream) = await AskAsync(place, target, group, cancellationToken);
                if (answer == ExitAnswer.Policy)
                {
                    Remember(place.Exit, target.Port);
                }

                // The exit is well, though it does not serve this target: the group stays.
                if (answer is not (ExitAnswer.Policy or ExitAnswer.Busy or ExitAnswer.Failed))
                {
                    return (answer, stream);
                }
            }
            catch (StreamResetException full) when (full.Reason == CloseReason.ResourceLimit)
            {
                // No room at this end, which is no fault of the exit's.
                answer = ExitAnswer.Busy;
            }
            catch (Exception broken) when (broken is CircuitFailedException or IOException)
            {
                answer = ExitAnswer.Failed;
                Leave(group, place);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Its link may take two minutes to show that it stands still.
                answer = ExitAnswer.TimedOut;
                Leave(group, place);
            }
        }

        return (answer, null);
    }

    /// <summary>Sweeps no more; branches end with the trunks.</summary>
    public void Dispose() => _sweep.Dispose();

    private bool IsExit(RelayEntry entry) =>
        entry.Has(RelayFlags.Exit) && entry.Has(RelayFlags.Relay) && entry.Identity != _view.Self;

    private async Task<(ExitAnswer Answer, CircuitStream? Stream)> AskAsync(
        ExitPlace place, ExitTarget target, IsolationGroup group, CancellationToken cancellationToken)
    {
        for (bool again = false; ; again = true)
        {
            var (branch, stream, isNew) = await OpenAsync(place, group, again, cancellationToken);
            try
            {
                return await AskAsync(branch, stream, target, cancellationToken);
            }
            catch (StreamResetException) when (!branch.IsClosed)
            {
                // An exit that allows fewer streams resets what is too many for a branch; a new one has none yet.
                if (isNew)
                {
                    return (ExitAnswer.Busy, null);
                }
            }
        }
    }

    private async Task<(ExitAnswer Answer, CircuitStream? Stream)> AskAsync(
        ClientBranch branch, CircuitStream stream, ExitTarget target, CancellationToken cancellationToken)
    {
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

    private async Task<(ClientBranch Branch, CircuitStream Stream, bool IsNew)> OpenAsync(
        ExitPlace place, IsolationGroup group, bool anew, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!anew && place.Branch is { IsClosed: false } open && open.StreamCount < _streamsOfBranch)
            {
                return (open, open.Open(ServiceId.Exit), false);
            }
        }

        var made = await _trunks.BranchAsync(
            $"{group.Name}/exit", TrunkPurpose.Interactive, place.Exit, cancellationToken);
        lock (_lock)
        {
            _branches.Add(made);
            place.Branch = made;
            return (made, made.Open(ServiceId.Exit), true);
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
            _stays.Forget(idle);
        }

        foreach (var branch in idle)
        {
            branch.Close();
        }
    }

    private ExitPlace? Choose(IsolationGroup group, ushort port, HashSet<RelayId> tried)
    {
        if (_view.Consensus is not { } consensus)
        {
            return null;
        }

        bool IsThere(RelayId exit) => consensus.TryGet(exit, out var present) && IsExit(present);
        bool Fits(RelayId exit) => !tried.Contains(exit) && !Refuses(exit, port);
        lock (_lock)
        {
            if (_stays.Find(group.Name, IsThere, Fits) is { } known)
            {
                return known;
            }

            var picked = new RelayPicker(consensus, _decisions).Pick(entry => IsExit(entry) && Fits(entry.Identity));
            return picked is null ? null : _stays.Add(group.Name, picked.Identity);
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

    private void Leave(IsolationGroup group, ExitPlace place)
    {
        lock (_lock)
        {
            _stays.Leave(group.Name, place);
        }
    }
}
