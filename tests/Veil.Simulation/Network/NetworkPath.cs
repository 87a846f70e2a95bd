using Veil.Simulation.Kernel;
using Veil.Simulation.Seeds;

namespace Veil.Simulation.Network;

/// <summary>
/// The way from one host to another: its latency, and whether anything gets through at present. What is held up is
/// not lost: below a stream there is retransmission, so a healed path delivers it late.
/// </summary>
internal sealed class NetworkPath : ScheduledEvent
{
    private readonly SimulationKernel _kernel;
    private readonly SeededDecisionSource _jitters;
    private readonly TimeSpan _latency;
    private readonly TimeSpan _jitter;
    private readonly List<ScheduledEvent> _held = [];
    private TaskCompletionSource? _released;

    internal NetworkPath(SimulationKernel kernel, SeededDecisionSource jitters, TimeSpan latency, TimeSpan jitter)
    {
        _kernel = kernel;
        _jitters = jitters;
        _latency = latency;
        _jitter = jitter;
    }

    /// <inheritdoc/>
    public override SimulationContext Context => _kernel.Root.Context;

    /// <summary>True while nothing gets through.</summary>
    internal bool IsBlocked { get; private set; }

    /// <summary>How long the next segment is under way, without waiting for the uplink.</summary>
    internal TimeSpan NextLatency() =>
        _jitter == TimeSpan.Zero ? _latency : _latency + _jitters.NextTime(TimeSpan.Zero, _jitter);

    /// <summary>Lets nothing through until <see cref="Release"/>, or for <paramref name="duration"/>.</summary>
    internal void Block(TimeSpan? duration)
    {
        IsBlocked = true;
        if (duration is { } time)
            _kernel.Schedule(this, time);
        else
            _kernel.Cancel(this);
    }

    /// <summary>Lets through again, and first what was held up, in its order.</summary>
    internal void Release()
    {
        _kernel.Cancel(this);
        if (!IsBlocked)
            return;
        IsBlocked = false;
        foreach (var item in _held)
            _kernel.Schedule(item, TimeSpan.Zero);
        _held.Clear();
        var released = _released;
        _released = null;
        released?.SetResult();
    }

    /// <summary>True if the path is blocked; <paramref name="item"/> then happens when it no longer is.</summary>
    internal bool Holds(ScheduledEvent item)
    {
        if (IsBlocked)
            _held.Add(item);
        return IsBlocked;
    }

    /// <summary>One packet without contents from end to end: a part of opening a connection.</summary>
    internal async Task PassAsync(TimeProvider time, CancellationToken cancellation)
    {
        await Task.Delay(NextLatency(), time, cancellation);
        while (IsBlocked)
            await (_released ??= new TaskCompletionSource()).Task.WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    protected internal override void Fire() => Release();
}
