namespace Veil.Simulation.Kernel;

/// <summary>
/// The scheduler of one simulated host: what is posted here runs on the loop at the present virtual time, in order.
/// A post from any other thread is an escape and fails the run (spec/simulation.md, section 3).
/// Once stopped it drops everything: the host's code stands still in the middle, as after a crash.
/// </summary>
public sealed class SimulationContext : SynchronizationContext
{
    private readonly SimulationKernel _kernel;

    internal SimulationContext(SimulationKernel kernel, string name)
    {
        _kernel = kernel;
        Name = name;
    }

    /// <summary>The host's name.</summary>
    public string Name { get; }

    /// <summary>True after the host has been stopped: nothing of it runs again.</summary>
    public bool IsStopped { get; private set; }

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        ArgumentNullException.ThrowIfNull(d);
        // Throwing here would surface as an unhandled exception of the thread pool and end the process without a word.
        if (!_kernel.IsOnLoopThread)
            _kernel.ReportEscape(EscapeDescription.OfPost(this, d, state));
        else if (!IsStopped)
            _kernel.Enqueue(this, d, state);
    }

    /// <summary>Not possible: the loop cannot wait for itself.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("A simulated host has one thread, which cannot wait for itself: use Post.");

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    internal void Stop() => IsStopped = true;
}
