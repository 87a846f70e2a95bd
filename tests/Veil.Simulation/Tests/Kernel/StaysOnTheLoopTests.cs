using System.IO.Pipelines;
using System.Threading.Channels;
using Veil.Simulation.Kernel;
using Xunit;

namespace Veil.Simulation.Tests.Kernel;

/// <summary>What the product may await: each of these resumes on the loop's thread and in virtual time.</summary>
public sealed class StaysOnTheLoopTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SimulationKernel _kernel = new(seed: 1);
    private readonly int _thread = Environment.CurrentManagedThreadId;

    private VirtualTimeProvider Time => _kernel.Root.Time;

    [Fact]
    public void Task_Delay() => RunAndStay(Second, () => Task.Delay(Second, Time));

    [Fact]
    public void Task_Delay_that_is_cancelled() => RunAndStay(Second, async () =>
    {
        using var source = new CancellationTokenSource(Second, Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(60 * Second, Time, source.Token));
    });

    [Fact]
    public void Task_Yield() => RunAndStay(TimeSpan.Zero, async () => await Task.Yield());

    [Fact]
    public void PeriodicTimer_with_a_provider() => RunAndStay(3 * Second, async () =>
    {
        using var timer = new PeriodicTimer(Second, Time);
        for (var tick = 0; tick < 3; tick++)
            Assert.True(await timer.WaitForNextTickAsync());
    });

    [Fact]
    public void WaitAsync_upon_an_async_method_that_is_too_slow() => RunAndStay(Second, () =>
        Assert.ThrowsAsync<TimeoutException>(() => Forever().WaitAsync(Second, Time)));

    [Fact]
    public void WaitAsync_upon_an_async_method_that_is_in_time() => RunAndStay(Second, () =>
        Task.Delay(Second, Time).WaitAsync(2 * Second, Time));

    [Fact]
    public void WhenAny_and_WhenAll_upon_async_methods() => RunAndStay(2 * Second, async () =>
    {
        await Task.WhenAny(Task.Delay(Second, Time), Forever());
        await Task.WhenAll(Task.Delay(Second, Time), Task.Delay(Second / 2, Time));
    });

    [Fact]
    public void TaskCompletionSource_that_runs_continuations_asynchronously() => RunAndStay(Second, async () =>
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        After(Second, source.SetResult);
        await source.Task;
    });

    [Fact]
    public void TaskCompletionSource_that_runs_continuations_at_once() => RunAndStay(Second, async () =>
    {
        var source = new TaskCompletionSource();
        After(Second, source.SetResult);
        await source.Task;
    });

    [Fact]
    public void Bounded_channel_both_ways() => RunAndStay(Second, async () =>
    {
        var channel = Channel.CreateBounded<int>(1);
        var writer = WriteAsync(channel.Writer);
        After(Second, () => channel.Reader.TryRead(out _));
        var sum = 0;
        await Task.Delay(Second, Time);
        while (await channel.Reader.WaitToReadAsync())
        {
            while (channel.Reader.TryRead(out var item))
                sum += item;
        }
        await writer;
        Assert.Equal(1 + 2, sum);

        static async Task WriteAsync(ChannelWriter<int> writer)
        {
            for (var item = 0; item < 3; item++)
                await writer.WriteAsync(item);
            writer.Complete();
        }
    });

    [Fact]
    public void Pipe_with_inline_schedulers() => RunAndStay(Second, async () =>
    {
        var pipe = new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline,
            pauseWriterThreshold: 4,
            resumeWriterThreshold: 2));
        After(Second, () => pipe.Writer.WriteAsync(new byte[8]).AsTask());
        var result = await pipe.Reader.ReadAsync();
        Assert.Equal(8, result.Buffer.Length);
        pipe.Reader.AdvanceTo(result.Buffer.End);
    });

    [Fact]
    public void SemaphoreSlim_without_a_token() => RunAndStay(Second, async () =>
    {
        using var semaphore = new SemaphoreSlim(0);
        After(Second, () => semaphore.Release());
        await semaphore.WaitAsync();
    });

    [Fact]
    public void Channel_that_is_cancelled() => RunCancelled(async token =>
        await Channel.CreateBounded<int>(1).Reader.WaitToReadAsync(token));

    [Fact]
    public void Pipe_that_is_cancelled() => RunCancelled(async token =>
        await new Pipe(new PipeOptions(null, PipeScheduler.Inline, PipeScheduler.Inline)).Reader.ReadAsync(token));

    [Fact]
    public void PeriodicTimer_that_is_cancelled() => RunCancelled(async token =>
    {
        using var timer = new PeriodicTimer(60 * Second, Time);
        await timer.WaitForNextTickAsync(token);
    });

    [Fact]
    public void WaitAsync_that_is_cancelled() => RunCancelled(token => Forever().WaitAsync(token));

    [Fact]
    public void WhenAny_upon_the_task_of_a_pipe_read() => RunAndStay(Second, async () =>
    {
        var pipe = new Pipe(new PipeOptions(null, PipeScheduler.Inline, PipeScheduler.Inline));
        After(Second, () => pipe.Writer.Complete());
        await Task.WhenAny(pipe.Reader.ReadAsync().AsTask(), Forever());
    });

    [Fact]
    public void Channel_reader_completion_that_is_awaited() => RunAndStay(Second, async () =>
    {
        var channel = Channel.CreateBounded<int>(1);
        After(Second, () => channel.Writer.Complete());
        await channel.Reader.Completion;
    });

    [Fact]
    public void CancellationTokenSource_with_a_provider() => RunAndStay(Second, async () =>
    {
        using var source = new CancellationTokenSource(Second, Time);
        var cancelled = new TaskCompletionSource();
        await using var registration = source.Token.Register(() =>
        {
            Assert.Equal(_thread, Environment.CurrentManagedThreadId);
            cancelled.SetResult();
        });
        await cancelled.Task;
    });

    private static async Task Forever() => await new TaskCompletionSource().Task;

    private void RunCancelled(Func<CancellationToken, Task> body) => RunAndStay(Second, async () =>
    {
        using var source = new CancellationTokenSource(Second, Time);
        try
        {
            await body(source.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        Assert.Fail("Nothing was cancelled.");
    });

    private void RunAndStay(TimeSpan expected, Func<Task> body)
    {
        _kernel.RunUntil(async () =>
        {
            await body();
            Assert.Equal(_thread, Environment.CurrentManagedThreadId);
            Assert.Same(_kernel.Root.Context, SynchronizationContext.Current);
        });
        Assert.Equal(expected, _kernel.Elapsed);
    }

    private void After(TimeSpan wait, Action action) => _ = _kernel.Root.Start("after", async () =>
    {
        await Task.Delay(wait, Time);
        action();
    });
}
