using Veil.Simulation.Seeds;

namespace Veil.Simulation.Kernel;

/// <summary>
/// One machine of the simulation: a scheduler, a clock, choices and secrets of its own.
/// Whatever is started here can be stopped in the middle, as by a crash.
/// </summary>
public sealed class SimulatedHost
{
    private const int FirstTidyAt = 16;

    private readonly SimulationKernel _kernel;
    private readonly List<(string Name, Task Completion)> _tasks = [];
    private int _tidyAt = FirstTidyAt;

    internal SimulatedHost(SimulationKernel kernel, string name, int incarnation)
    {
        _kernel = kernel;
        Name = name;
        Incarnation = incarnation;
        Context = new SimulationContext(kernel, name);
        Time = new VirtualTimeProvider(kernel, Context);
        Decisions = new SeededDecisionSource(kernel.Seed, $"host/{name}/{incarnation}");
        Secrets = new SeededSecretSource(kernel.Seed, $"host/{name}/{incarnation}");
    }

    /// <summary>The name in traces and messages.</summary>
    public string Name { get; }

    /// <summary>Counts from 1 how often a host of this name was made.</summary>
    public int Incarnation { get; }

    /// <summary>Where this host's code runs.</summary>
    public SimulationContext Context { get; }

    /// <summary>This host's clock.</summary>
    public VirtualTimeProvider Time { get; }

    /// <summary>This host's choices; no other host's calls change what they are.</summary>
    public SeededDecisionSource Decisions { get; }

    /// <summary>This host's secrets; no other host's calls change what they are.</summary>
    public SeededSecretSource Secrets { get; }

    /// <summary>True once stopped.</summary>
    public bool IsStopped => Context.IsStopped;

    internal IEnumerable<string> UnfinishedTasks
    {
        get
        {
            foreach (var (name, completion) in _tasks)
            {
                if (!completion.IsCompleted)
                    yield return $"{Name}/{name}";
            }
        }
    }

    /// <summary>
    /// Starts <paramref name="body"/> in this host's context, at the present moment but not within this call.
    /// If it fails otherwise than by cancellation, the run fails. The result is done when the body is;
    /// after <see cref="Stop"/> it never is.
    /// </summary>
    /// <exception cref="InvalidOperationException">The host is stopped.</exception>
    public Task Start(string name, Func<Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (IsStopped)
            throw new InvalidOperationException($"Host '{Name}' is stopped.");
        if (_tasks.Count >= _tidyAt)
        {
            _tasks.RemoveAll(static task => task.Completion.IsCompleted);
            _tidyAt = Math.Max(FirstTidyAt, _tasks.Count * 2);
        }
        var completion = new TaskCompletionSource();
        _tasks.Add((name, completion.Task));
        Context.Post(_ => Complete(name, body, completion), null);
        return completion.Task;
    }

    /// <summary>
    /// Stops the host in the middle of whatever it does: no callback, timer or continuation of it runs again.
    /// Its connections are the network's affair: see <see cref="Network.SimulatedNetwork.Kill"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">This is the root host.</exception>
    public void Stop()
    {
        _kernel.RequireLoopThread();
        if (ReferenceEquals(this, _kernel.Root))
            throw new InvalidOperationException("The root host is the test itself.");
        Context.Stop();
        _tasks.Clear();
    }

    // The owner that awaits it is the kernel: a failure is reported there and ends the run.
    private async void Complete(string name, Func<Task> body, TaskCompletionSource completion)
    {
        try
        {
            await body();
            completion.SetResult();
        }
        catch (OperationCanceledException)
        {
            completion.SetCanceled();
        }
#pragma warning disable CA1031 // Every failure of a host's task ends the run with its name and the seed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _kernel.ReportFailedTask(this, name, exception);
            completion.SetException(exception);
            _ = completion.Task.Exception;
        }
    }
}
