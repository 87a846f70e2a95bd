using Veil.Node.Stores;
using Veil.Tests.Rig;
using Veil.Tests.Storage;
using Xunit;

namespace Veil.Tests.Node.Stores;

/// <summary>A drain that runs on a clock that moves only when it waits for it. Disposing stops it.</summary>
internal sealed class RunningDrain(StoreDrain drain, ManualTime time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public static RunningDrain Start(StoreDrain drain, ManualTime time)
    {
        var running = new RunningDrain(drain, time);
        running._running = drain.RunAsync(running._stop.Token);
        return running;
    }

    /// <summary>Begins it and waits until it is done.</summary>
    public async Task DrainAsync()
    {
        await drain.BeginAsync(StoreRig.Cancellation);
        await AdvanceUntilAsync(() => drain.Progress!.Done);
    }

    public async Task AdvanceUntilAsync(Func<bool> isDone)
    {
        for (var turn = 0; !isDone(); turn++)
        {
            Assert.False(_running.IsFaulted, $"{_running.Exception}");
            StoreRig.Cancellation.ThrowIfCancellationRequested();
            await Task.Yield();
            if (turn % 10 == 0) time.AdvanceToNextTimer();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default);
        _stop.Dispose();
    }
}
