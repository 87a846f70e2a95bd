namespace Veil.Content.Transfers;

/// <summary>
/// Outstanding work of one flow, at most <paramref name="limit"/> pieces: the flow goes on encoding while they run, and
/// meets their failures when it adds the next or drains. One owner; the owner drains or settles before it ends.
/// </summary>
internal sealed class TaskWindow(int limit)
{
    private readonly List<Task> _running = [];

    /// <summary>Waits until another piece may run. The first failure of a piece comes out here.</summary>
    public async Task WaitForRoomAsync()
    {
        while (_running.Count >= limit)
        {
            var done = await Task.WhenAny(_running);
            _running.Remove(done);
            await done;
        }
    }

    /// <summary>Adds a piece; only after <see cref="WaitForRoomAsync"/>.</summary>
    public void Add(Task piece) => _running.Add(piece);

    /// <summary>Waits for all; the first failure comes out.</summary>
    public async Task DrainAsync()
    {
        while (_running.Count > 0)
        {
            var done = await Task.WhenAny(_running);
            _running.Remove(done);
            await done;
        }
    }

    /// <summary>Waits for all whatever becomes of them: the reason of the failure is known already.</summary>
    public async Task SettleAsync()
    {
        foreach (var piece in _running) await Settle(piece);
        _running.Clear();
    }

    /// <summary>Waits for a task and swallows how it ended; for tasks whose outcome nobody needs any more.</summary>
    public static async Task Settle(Task task)
    {
        while (!task.IsCompleted) await Task.WhenAny(task);
        _ = task.Exception;
    }
}
