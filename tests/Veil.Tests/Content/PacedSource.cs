namespace Veil.Tests.Content;

/// <summary>Bytes as they come over a connection: in pieces, and at some point broken or late.</summary>
internal sealed class PacedSource(byte[] bytes, int pieces) : MemoryStream(bytes)
{
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>From here on every read fails.</summary>
    public long BreakAt { get; set; } = long.MaxValue;

    /// <summary>From here on nothing comes until <see cref="GoOn"/>.</summary>
    public long WaitAt { get; set; } = long.MaxValue;

    /// <summary>Called when that point is reached.</summary>
    public Action OnWait { get; set; } = () => { };

    /// <summary>Before every piece.</summary>
    public Func<Task> Pause { get; set; } = () => Task.CompletedTask;

    /// <summary>Completes when that point is reached.</summary>
    public Task Waiting => _waiting.Task;

    public void GoOn() => _goOn.TrySetResult();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Pause();
        if (Position >= BreakAt) throw new IOException("the connection broke");
        if (Position >= WaitAt)
        {
            if (_waiting.TrySetResult()) OnWait();
            await _goOn.Task.WaitAsync(cancellationToken);
        }

        return Read(buffer.Span[..Math.Min(buffer.Length, pieces)]);
    }
}
