using System.Runtime.CompilerServices;
using Veil.Simulation.Seeds;
using Veil.Simulation.Tracing;

namespace Veil.Simulation.Kernel;

/// <summary>
/// A single-threaded, deterministic event loop with a clock of its own: everything happens in the order of
/// (due time, sequence). Belongs to the thread that made it (spec/simulation.md, sections 2 and 3).
/// </summary>
public sealed class SimulationKernel
{
    // Written by the loop's thread alone, except _escape.
    private readonly EventHeap _later = new();
    private readonly ReadyQueue _ready = new();
    private readonly SimulationOptions _options;
    private readonly Dictionary<string, SimulatedHost> _hosts = new(StringComparer.Ordinal);
    private readonly int _loopThread = Environment.CurrentManagedThreadId;
    private readonly object _escapeGate = new();
    private volatile SimulationException? _escape;
    private SimulationException? _failed;
    private long _nowTicks;
    private long _sequence;
    private long _stepsThisInstant;

    /// <summary>A loop at its virtual start, with nothing to do.</summary>
    public SimulationKernel(SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        Trace = new Trace(this);
        Decisions = new SeededDecisionSource(options.Seed, "kernel");
        Root = CreateHost("root");
    }

    /// <summary>A loop with the default options and the given seed.</summary>
    public SimulationKernel(ulong seed)
        : this(new SimulationOptions { Seed = seed })
    {
    }

    /// <summary>The number from which the run follows.</summary>
    public ulong Seed => _options.Seed;

    /// <summary>Virtual time since the start.</summary>
    public TimeSpan Elapsed => new(_nowTicks);

    /// <summary>True virtual calendar time; hosts see it with their own offset.</summary>
    public DateTimeOffset UtcNow => _options.Start + Elapsed;

    /// <summary>Callbacks run so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Events that wait: those ready now and those due later.</summary>
    public int Pending => _ready.Count + _later.Count;

    /// <summary>What has happened, as a running hash.</summary>
    public Trace Trace { get; }

    /// <summary>The test's own choices (topology, faults), apart from every host's.</summary>
    public SeededDecisionSource Decisions { get; }

    /// <summary>The test itself as a host: it cannot be stopped and has no address.</summary>
    public SimulatedHost Root { get; }

    internal bool IsOnLoopThread => Environment.CurrentManagedThreadId == _loopThread;

    /// <summary>
    /// A host with a scheduler, a clock and sources of its own. A name can be used again once its host is stopped:
    /// the new one is another incarnation with other streams of choices and secrets.
    /// </summary>
    /// <exception cref="ArgumentException">A host of this name is alive.</exception>
    public SimulatedHost CreateHost(string name, TimeSpan clockOffset = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var before = _hosts.GetValueOrDefault(name);
        if (before is { IsStopped: false })
            throw new ArgumentException($"A host named '{name}' is alive.", nameof(name));
        var host = new SimulatedHost(this, name, incarnation: (before?.Incarnation ?? 0) + 1);
        host.Time.Offset = clockOffset;
        _hosts[name] = host;
        return host;
    }

    /// <summary>Runs until the task that <paramref name="main"/> starts on the root host is done.</summary>
    /// <exception cref="SimulationException">The run stalled, ran too long, or code left the loop.</exception>
    public void RunUntil(Func<Task> main)
    {
        ArgumentNullException.ThrowIfNull(main);
        RequireLoopThread();
        var outside = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(Root.Context);
        try
        {
            RunUntil(main());
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outside);
        }
    }

    /// <summary>Runs until <paramref name="main"/> is done, and hands on its exception if it failed.</summary>
    /// <exception cref="SimulationException">The run stalled, ran too long, or code left the loop.</exception>
    public void RunUntil(Task main)
    {
        ArgumentNullException.ThrowIfNull(main);
        Run(main, long.MaxValue);
        main.GetAwaiter().GetResult();
    }

    /// <summary>Runs everything that is due within <paramref name="duration"/>, then stands at its end.</summary>
    /// <exception cref="SimulationException">The run ran too long, or code left the loop.</exception>
    public void RunFor(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        var end = _nowTicks + duration.Ticks;
        Run(null, end);
        AdvanceTo(end);
    }

    /// <summary>Lets <paramref name="item"/> happen after <paramref name="delay"/>; moves it if it waits.</summary>
    public void Schedule(ScheduledEvent item, TimeSpan delay)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        RequireLoopThread();
        RequireRoom();
        _later.Remove(item);
        _later.Add(item, _nowTicks + delay.Ticks, _sequence++);
    }

    /// <summary>Takes <paramref name="item"/> out of the queue; does nothing if it does not wait.</summary>
    public void Cancel(ScheduledEvent item)
    {
        ArgumentNullException.ThrowIfNull(item);
        RequireLoopThread();
        _later.Remove(item);
    }

    /// <summary>Throws, and fails the run, unless called on the loop's thread.</summary>
    /// <exception cref="SimulationException">Called on another thread.</exception>
    public void RequireLoopThread([CallerMemberName] string member = "")
    {
        if (!IsOnLoopThread)
            throw ReportEscape(EscapeDescription.OfCall(member));
    }

    internal void Enqueue(SimulationContext context, SendOrPostCallback callback, object? state)
    {
        RequireRoom();
        _ready.Add(new ReadyQueue.Entry(_sequence++, context, callback, state));
    }

    /// <summary>Remembers the first escape and wakes a stalled loop. May be called on any thread.</summary>
    internal SimulationException ReportEscape(string what)
    {
        var escape = Failed(SimulationFailure.Escaped, $"Code left the loop: {what}.\n{Environment.StackTrace}");
        lock (_escapeGate)
        {
            _escape ??= escape;
            Monitor.PulseAll(_escapeGate);
        }
        return escape;
    }

    internal void ReportFailedTask(SimulatedHost host, string task, Exception exception) =>
        _failed ??= Failed(
            SimulationFailure.TaskFailed,
            $"Task '{task}' of host '{host.Name}' failed at {Elapsed}: {exception.Message}",
            exception);

    private void Run(Task? main, long endTicks)
    {
        RequireLoopThread();
        var outside = SynchronizationContext.Current;
        try
        {
            SynchronizationContext.SetSynchronizationContext(Root.Context);
            while (main is not { IsCompleted: true })
            {
                if (Step(endTicks))
                    continue;
                if (main is not null)
                    throw Stalled();
                break;
            }
            ThrowIfFailed();
        }
        catch (Exception exception) when (exception is not SimulationException)
        {
            var host = (SynchronizationContext.Current as SimulationContext)?.Name;
            throw Failed(
                SimulationFailure.TaskFailed,
                $"A callback of host '{host}' failed at {Elapsed}: {exception.Message}",
                exception);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outside);
        }
    }

    private bool Step(long endTicks)
    {
        ThrowIfFailed();
        if (_later.Count > 0 && IsLaterFirst())
        {
            if (_later.FirstDueTicks > endTicks)
                return false;
            AdvanceTo(_later.FirstDueTicks);
            var item = _later.TakeFirst();
            if (Enter(item.Context))
                item.Fire();
            return true;
        }
        if (_ready.Count == 0)
            return false;
        var entry = _ready.TakeFirst();
        if (Enter(entry.Context))
            entry.Callback(entry.State);
        return true;
    }

    /// <summary>What is ready is due now; an event of this moment that was queued before it goes first.</summary>
    private bool IsLaterFirst() =>
        _ready.Count == 0 || (_later.FirstDueTicks <= _nowTicks && _later.FirstSequence < _ready.FirstSequence);

    private bool Enter(SimulationContext context)
    {
        if (context.IsStopped)
            return false;
        Steps++;
        _stepsThisInstant++;
        if (Steps > _options.StepLimit || _stepsThisInstant > _options.StepLimitPerInstant)
        {
            throw Failed(
                SimulationFailure.StepLimit,
                $"{Steps} steps, {_stepsThisInstant} of them at {Elapsed}, last in host '{context.Name}'");
        }
        if (SynchronizationContext.Current != context)
            SynchronizationContext.SetSynchronizationContext(context);
        return true;
    }

    private void AdvanceTo(long ticks)
    {
        if (ticks <= _nowTicks)
            return;
        _nowTicks = ticks;
        _stepsThisInstant = 0;
    }

    private void RequireRoom()
    {
        if (Pending >= _options.PendingLimit)
            throw _failed ??= Failed(SimulationFailure.PendingLimit, $"{Pending} events wait at {Elapsed}");
    }

    private void ThrowIfFailed()
    {
        if (_escape is { } escape)
            throw escape;
        if (_failed is { } failed)
            throw failed;
    }

    private SimulationException Stalled()
    {
        lock (_escapeGate)
        {
            if (_escape is null)
                Monitor.Wait(_escapeGate, _options.EscapeGrace);
        }
        var waiting = _hosts.Values.SelectMany(host => host.UnfinishedTasks).Order(StringComparer.Ordinal).ToList();
        return _escape ?? Failed(
            SimulationFailure.Stalled,
            $"Nothing is left to happen at {Elapsed} after {Steps} steps, yet the awaited task is not done. "
            + $"{waiting.Count} tasks pending: {string.Join(", ", waiting.Take(20))}");
    }

    private SimulationException Failed(SimulationFailure failure, string message, Exception? inner = null) =>
        new(failure, Seed, message, inner);
}
