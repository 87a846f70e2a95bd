using System.Diagnostics;
using System.Text.Json;

namespace Veil.Bench;

/// <summary>
/// This program once more, in a process of its own, playing a role of a bench. It answers with lines on its standard
/// output, the last of them a <see cref="ProcessFigures"/>.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>The first argument of a child.</summary>
    internal const string PlayArgument = "--play";

    private readonly Process _process;
    private readonly string _role;
    private bool _disposed;

    internal ChildProcess(IBench bench, string role, params string[] arguments)
    {
        _role = role;
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };

        // Started as `dotnet veil-bench.dll` or as the executable itself.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "veil-bench.dll"));
        }

        foreach (var argument in new[] { PlayArgument, bench.Name, role }.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start) ?? throw new IOException($"cannot start {role}");
    }

    /// <summary>The child's number.</summary>
    internal int Id => _process.Id;

    /// <summary>Lets a child go on that waits in <see cref="ParentProcess.WaitForLineAsync"/>.</summary>
    internal void GoOn()
    {
        _process.StandardInput.WriteLine();
        _process.StandardInput.Flush();
    }

    /// <summary>Stops the child where it stands; its connections stay.</summary>
    internal void Freeze() => Signal(LabNode.StopSignal);

    /// <summary>Lets it go on.</summary>
    internal void Thaw() => Signal(LabNode.ContinueSignal);

    /// <summary>The next line that the child says.</summary>
    /// <exception cref="IOException">It ended without another line.</exception>
    internal string ReadLine() =>
        _process.StandardOutput.ReadLine() ?? throw new IOException($"the {_role} process ended early");

    /// <summary>The child's figures; waits for its end.</summary>
    /// <exception cref="IOException">It failed.</exception>
    internal ProcessFigures Finish()
    {
        var figures = JsonSerializer.Deserialize<ProcessFigures>(ReadLine());
        _process.WaitForExit();
        return _process.ExitCode == 0 && figures is not null
            ? figures
            : throw new IOException($"the {_role} process failed with {_process.ExitCode}");
    }

    /// <summary>Ends the child if it has not ended itself.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Signal(int number)
    {
        if (LabNode.Signal(Id, number) != 0)
        {
            throw new IOException($"the {_role} process is gone");
        }
    }
}
