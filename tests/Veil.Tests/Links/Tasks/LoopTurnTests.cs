using System.IO.Pipelines;
using Veil.Links.Tasks;
using Xunit;

namespace Veil.Tests.Links.Tasks;

/// <summary>What a turn wakes runs when it is over, on its thread.</summary>
public sealed class LoopTurnTests
{
    [Fact]
    public async Task A_wake_inside_a_turn_runs_the_waiter_after_it_on_the_same_thread()
    {
        var signal = new AsyncSignal(inTurn: true);
        var ran = new List<string>();
        int thread = 0;
        var waiting = WaitAsync();

        using (LoopTurn.Begin())
        {
            using (LoopTurn.Begin())
            {
                signal.Wake();
                signal.Wake();
            }

            ran.Add("turn");
        }

        ran.Add("after");
        Assert.Equal(["turn", "waiter", "after"], ran);
        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        await waiting;

        async Task WaitAsync()
        {
            await signal.WaitAsync();
            ran.Add("waiter");
            thread = Environment.CurrentManagedThreadId;
        }
    }

    [Fact]
    public async Task What_the_waiter_wakes_runs_after_it_not_within_it()
    {
        var first = new AsyncSignal(inTurn: true);
        var second = new AsyncSignal(inTurn: true);
        var ran = new List<string>();
        Task[] waiting = [FirstAsync(), SecondAsync()];

        using (LoopTurn.Begin())
        {
            first.Wake();
        }

        Assert.Equal(["first", "first ends", "second"], ran);
        await Task.WhenAll(waiting);

        async Task FirstAsync()
        {
            await first.WaitAsync();
            using var turn = LoopTurn.Begin();
            ran.Add("first");
            second.Wake();
            ran.Add("first ends");
        }

        async Task SecondAsync()
        {
            await second.WaitAsync();
            ran.Add("second");
        }
    }

    [Fact]
    public async Task A_waiter_of_another_kind_or_a_wake_outside_of_turns_is_posted()
    {
        var posted = new AsyncSignal();
        var plain = new AsyncSignal(inTurn: true);
        using var gate = new ManualResetEventSlim();
        Task[] waiting = [WaitAsync(posted), WaitAsync(plain)];
        using (LoopTurn.Begin())
        {
            posted.Wake();
        }

        plain.Wake();

        // On this thread they would wait for it for ever.
        gate.Set();
        await Task.WhenAll(waiting);

        async Task WaitAsync(AsyncSignal signal)
        {
            await signal.WaitAsync();
            gate.Wait(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Readers_of_a_pipe_on_the_scheduler_of_turns_run_at_their_end()
    {
        var pipe = new Pipe(new PipeOptions(readerScheduler: TurnScheduler.Instance, useSynchronizationContext: false));
        bool read = false;
        var reading = ReadAsync();

        using (LoopTurn.Begin())
        {
            pipe.Writer.GetSpan()[0] = 1;
            pipe.Writer.Advance(1);
            Assert.True(pipe.Writer.FlushAsync(TestContext.Current.CancellationToken).AsTask().IsCompletedSuccessfully);
            Assert.False(read);
        }

        Assert.True(read);
        await reading;

        async Task ReadAsync()
        {
            await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
            read = true;
        }
    }
}
