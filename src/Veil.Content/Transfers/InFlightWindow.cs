using Veil.Wire.Seams;

namespace Veil.Content.Transfers;

/// <summary>
/// At most <paramref name="limit"/> requests at a time; of those that wait, a random one goes next, so that the order
/// on the wire is not the order of the file (spec/stripe.md, section 6). How many wait is bounded by the stripes in
/// memory. Stays on the scheduler of whoever waits. Safe for concurrent use.
/// </summary>
internal sealed class InFlightWindow(int limit, DecisionSource decisions)
{
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource> _waiting = [];
    private int _inFlight;

    /// <summary>Completes when a request may start; each completion is followed by one <see cref="Leave"/>.</summary>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource turn;
        lock (_lock)
        {
            if (_inFlight < limit)
            {
                _inFlight++;
                return;
            }

            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(turn);
        }

        await using var registration = cancellationToken.UnsafeRegister(_ => Withdraw(turn, cancellationToken), null);
        await turn.Task;
    }

    /// <summary>A request ended.</summary>
    public void Leave()
    {
        TaskCompletionSource next;
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                _inFlight--;
                return;
            }

            var index = decisions.NextIndex(_waiting.Count);
            next = _waiting[index];
            _waiting[index] = _waiting[^1];
            _waiting.RemoveAt(_waiting.Count - 1);
        }

        next.SetResult();
    }

    private void Withdraw(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Whose turn has come already keeps it, and leaves in the ordinary way.
            if (!_waiting.Remove(turn)) return;
        }

        turn.SetCanceled(cancellationToken);
    }
}
