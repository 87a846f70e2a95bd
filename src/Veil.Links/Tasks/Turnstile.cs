namespace Veil.Links.Tasks;

/// <summary>
/// Lets so many in at a time, in the order of their coming. Whoever waits is resumed on its own scheduler, which
/// SemaphoreSlim.WaitAsync with a token does not promise: it resumes on the pool. Any thread.
/// </summary>
public sealed class Turnstile(int places)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private int _free = places;

    /// <summary>Completes when there is a place; each completion is followed by one <see cref="Leave"/>.</summary>
    /// <exception cref="OperationCanceledException">Gave up.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<TaskCompletionSource> turn;
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return;
            }

            turn = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await using var registration = cancellationToken.UnsafeRegister(_ => Withdraw(turn, cancellationToken), null);
        await turn.Value.Task;
    }

    /// <summary>Gives the place to the next.</summary>
    public void Leave()
    {
        TaskCompletionSource? next = null;
        lock (_lock)
        {
            if (_waiting.First is { } first)
            {
                _waiting.Remove(first);
                next = first.Value;
            }
            else
            {
                _free++;
            }
        }

        next?.SetResult();
    }

    private void Withdraw(LinkedListNode<TaskCompletionSource> turn, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Whose turn has come already keeps it, and leaves in the ordinary way.
            if (turn.List is null)
            {
                return;
            }

            _waiting.Remove(turn);
        }

        turn.Value.SetCanceled(cancellationToken);
    }
}
