using Veil.Simulation.Kernel;
using Xunit;

namespace Veil.Simulation.Tests.Kernel;

public sealed class SimulationKernelTests
{
    private readonly SimulationKernel _kernel = new(seed: 1);

    private VirtualTimeProvider Time => _kernel.Root.Time;

    [Fact]
    public void Events_happen_by_due_time_and_then_in_the_order_they_were_queued()
    {
        var order = new List<string>();
        using var late = Time.CreateTimer(_ => order.Add("late"), null, Seconds(2), Timeout.InfiniteTimeSpan);
        using var first = Time.CreateTimer(_ => order.Add("first"), null, Seconds(1), Timeout.InfiniteTimeSpan);
        using var second = Time.CreateTimer(_ => order.Add("second"), null, Seconds(1), Timeout.InfiniteTimeSpan);
        _kernel.Root.Context.Post(_ => order.Add("posted"), null);
        using var zero = Time.CreateTimer(_ => order.Add("zero"), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);

        _kernel.RunFor(Seconds(2));

        Assert.Equal(["posted", "zero", "first", "second", "late"], order);
    }

    [Fact]
    public void RunFor_stops_before_what_is_due_later_and_stands_at_its_end()
    {
        var fired = false;
        using var timer = Time.CreateTimer(_ => fired = true, null, Seconds(10), Timeout.InfiniteTimeSpan);

        _kernel.RunFor(Seconds(9));
        Assert.False(fired);
        Assert.Equal(Seconds(9), _kernel.Elapsed);

        _kernel.RunFor(Seconds(1));
        Assert.True(fired);
    }

    [Fact]
    public void A_year_of_virtual_time_is_one_step()
    {
        _kernel.RunUntil(async () => await Task.Delay(TimeSpan.FromDays(49), Time));

        Assert.Equal(TimeSpan.FromDays(49), _kernel.Elapsed);
        Assert.InRange(_kernel.Steps, 1, 3);
    }

    [Fact]
    public void A_stall_names_the_seed_and_the_tasks_that_wait()
    {
        var kernel = new SimulationKernel(new SimulationOptions { Seed = 4711, EscapeGrace = TimeSpan.Zero });
        var never = new TaskCompletionSource();
        _ = kernel.CreateHost("relay").Start("pump", async () => await never.Task);

        var thrown = Assert.Throws<SimulationException>(() => kernel.RunUntil(() => never.Task));

        Assert.Equal(SimulationFailure.Stalled, thrown.Failure);
        Assert.Contains("seed 4711", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("1 tasks pending: relay/pump", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_spins_without_waiting_hits_the_limit_of_one_instant()
    {
        var kernel = new SimulationKernel(new SimulationOptions { StepLimitPerInstant = 1000 });

        var thrown = Assert.Throws<SimulationException>(() => kernel.RunUntil(async () =>
        {
            while (true)
                await Task.Yield();
        }));

        Assert.Equal(SimulationFailure.StepLimit, thrown.Failure);
    }

    [Fact]
    public void A_run_without_end_hits_the_step_limit()
    {
        var kernel = new SimulationKernel(new SimulationOptions { StepLimit = 1000 });

        var thrown = Assert.Throws<SimulationException>(() => kernel.RunUntil(async () =>
        {
            while (true)
                await Task.Delay(Seconds(1), kernel.Root.Time);
        }));

        Assert.Equal(SimulationFailure.StepLimit, thrown.Failure);
    }

    [Fact]
    public void Too_many_pending_events_end_the_run_even_if_the_culprit_catches_the_exception()
    {
        var kernel = new SimulationKernel(new SimulationOptions { PendingLimit = 10 });

        var thrown = Assert.Throws<SimulationException>(() => kernel.RunUntil(() =>
        {
            for (var count = 0; count < 11; count++)
                _ = Record.Exception(() => kernel.Root.Context.Post(static _ => { }, null));
            return Task.Delay(Seconds(1), kernel.Root.Time);
        }));

        Assert.Equal(SimulationFailure.PendingLimit, thrown.Failure);
    }

    [Fact]
    public void A_failed_task_of_a_host_fails_the_run_and_is_the_inner_exception()
    {
        var host = _kernel.CreateHost("relay");
        _ = host.Start("pump", () => throw new InvalidDataException("torn"));

        var thrown = Assert.Throws<SimulationException>(() => _kernel.RunFor(Seconds(1)));

        Assert.Equal(SimulationFailure.TaskFailed, thrown.Failure);
        Assert.Contains("'pump' of host 'relay'", thrown.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidDataException>(thrown.InnerException);
    }

    [Fact]
    public void An_exception_of_the_main_task_comes_out_as_it_is() =>
        Assert.Throws<InvalidDataException>(() => _kernel.RunUntil(async () =>
        {
            await Task.Delay(Seconds(1), Time);
            throw new InvalidDataException();
        }));

    [Fact]
    public void A_stopped_host_stands_still_in_the_middle_and_its_name_is_free_again()
    {
        var steps = 0;
        var host = _kernel.CreateHost("relay");
        _ = host.Start("count", async () =>
        {
            while (true)
            {
                await Task.Delay(Seconds(1), host.Time);
                steps++;
            }
        });
        _kernel.RunFor(Seconds(3));
        host.Stop();
        _kernel.RunFor(Seconds(3));

        Assert.Equal(3, steps);
        var again = _kernel.CreateHost("relay");
        var first = new SimulationKernel(seed: 1).CreateHost("relay");
        Assert.NotEqual(first.Decisions.NextUInt64(), again.Decisions.NextUInt64());
    }

    [Fact]
    public void The_context_of_the_caller_is_restored()
    {
        var before = SynchronizationContext.Current;

        _kernel.RunUntil(() => Task.Delay(Seconds(1), Time));

        Assert.Same(before, SynchronizationContext.Current);
    }

    [Fact]
    public void Send_is_refused() =>
        Assert.Throws<NotSupportedException>(() => _kernel.Root.Context.Send(static _ => { }, null));

    private static TimeSpan Seconds(int count) => TimeSpan.FromSeconds(count);
}
