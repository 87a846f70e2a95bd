#pragma warning disable RS0030 // These tests do what is banned, to see that the simulation notices.
using System.Threading.Channels;
using Veil.Simulation.Kernel;
using Veil.Simulation.Network;
using Xunit;

namespace Veil.Simulation.Tests.Kernel;

public sealed class TripwireTests
{
    private readonly SimulationKernel _kernel = new(new SimulationOptions
    {
        Seed = 99,
        EscapeGrace = TimeSpan.FromSeconds(30),
    });

    [Fact]
    public void Task_Run_is_noticed_and_the_method_that_would_resume_is_named()
    {
        var thrown = AssertEscapes(EscapingMethod);

        Assert.Contains(nameof(EscapingMethod), thrown.Message, StringComparison.Ordinal);
        Assert.Contains("seed 99", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("   at ", thrown.Message, StringComparison.Ordinal);

        // The work ends after it is awaited: work that is over by then would go on here and escape nowhere.
        async Task EscapingMethod()
        {
            using var awaited = new ManualResetEventSlim();
            using var timer = _kernel.Root.Time.CreateTimer(
                _ => awaited.Set(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            await Task.Run(awaited.Wait);
        }
    }

    [Fact]
    public void ConfigureAwait_false_is_noticed_when_the_clock_is_read() => AssertEscapes(async () =>
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timer = _kernel.Root.Time.CreateTimer(
            _ => source.SetResult(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        await source.Task.ConfigureAwait(false);
        _kernel.Root.Time.GetUtcNow();
    });

    [Fact]
    public void A_combinator_upon_a_source_that_continues_asynchronously_is_noticed() => AssertEscapes(async () =>
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timer = _kernel.Root.Time.CreateTimer(
            _ => source.SetResult(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        await Task.WhenAny(source.Task, new TaskCompletionSource().Task);
    });

    [Fact]
    public void A_semaphore_with_a_token_is_noticed() => AssertEscapes(async () =>
    {
        using var semaphore = new SemaphoreSlim(0);
        using var source = new CancellationTokenSource();
        using var timer = _kernel.Root.Time.CreateTimer(
            _ => semaphore.Release(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        await semaphore.WaitAsync(source.Token);
    });

    [Fact]
    public void A_combinator_upon_a_wait_for_a_channel_is_noticed() => AssertEscapes(async () =>
    {
        var channel = Channel.CreateBounded<int>(1);
        using var timer = _kernel.Root.Time.CreateTimer(
            _ => channel.Writer.TryWrite(1), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        await Task.WhenAny(channel.Reader.WaitToReadAsync().AsTask(), new TaskCompletionSource().Task);
    });

    [Fact]
    public void The_same_combinator_upon_an_async_method_stays() => _kernel.RunUntil(async () =>
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timer = _kernel.Root.Time.CreateTimer(
            _ => source.SetResult(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        await Task.WhenAny(Upon(source.Task), new TaskCompletionSource().Task);

        static async Task Upon(Task task) => await task;
    });

    [Theory]
    [InlineData("clock")]
    [InlineData("timer")]
    [InlineData("trace")]
    [InlineData("network")]
    [InlineData("post")]
    public void What_is_touched_from_another_thread_throws_there_and_fails_the_run(string what)
    {
        var host = new SimulatedNetwork(_kernel).AddHost("relay", "10.0.0.1");
        Exception? there = null;
        var thread = new Thread(() => there = Record.Exception(() => Touch(what, host)));
        thread.Start();
        thread.Join();

        var thrown = Assert.Throws<SimulationException>(() => _kernel.RunFor(TimeSpan.Zero));

        Assert.Equal(SimulationFailure.Escaped, thrown.Failure);
        // A post comes from inside the runtime, where a throw would end the process: it fails the run alone.
        Assert.Equal(what != "post", there is SimulationException);
    }

    private void Touch(string what, HostTransport host)
    {
        switch (what)
        {
            case "clock":
                host.Host.Time.GetTimestamp();
                break;
            case "timer":
                host.Host.Time.CreateTimer(static _ => { }, null, TimeSpan.Zero, TimeSpan.Zero).Dispose();
                break;
            case "trace":
                _kernel.Trace.Record("relay", "test");
                break;
            case "network":
                _ = host.BindAsync(new System.Net.IPEndPoint(host.Address, 0)).AsTask();
                break;
            default:
                host.Host.Context.Post(static _ => { }, null);
                break;
        }
    }

    private SimulationException AssertEscapes(Func<Task> body)
    {
        var thrown = Assert.Throws<SimulationException>(() => _kernel.RunUntil(body));
        Assert.Equal(SimulationFailure.Escaped, thrown.Failure);
        return thrown;
    }
}
