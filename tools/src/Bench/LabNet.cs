using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Veil.Bench;

/// <summary>A lab network of <c>veil run</c> processes, made by <c>tools/testnet</c>, for one bench.</summary>
internal sealed class LabNet : IDisposable
{
    private readonly string _folder;
    private readonly PosixSignalRegistration[] _signals;
    private int _down;

    private LabNet(string folder)
    {
        _folder = folder;

        // Its processes are sessions of their own: an interrupt of the bench does not reach them.
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => TakeDown()),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => TakeDown()),
        ];
    }

    /// <summary>The project's folder.</summary>
    private static string Root { get; } = FindRoot();

    /// <summary>Makes a network.</summary>
    /// <exception cref="IOException">It did not come up.</exception>
    internal static LabNet Start(string bench, LabShape shape)
    {
        var net = new LabNet(Path.Combine(Path.GetTempPath(), $"veil-{bench}-{Environment.ProcessId}"));
        try
        {
            net.Testnet(shape.IsObserved ? net.Hook : [], "up", [.. shape.Arguments()]);
            return net;
        }
        catch
        {
            net.Dispose();
            throw;
        }
    }

    /// <summary>Any node's name: relay1, store1 and so on.</summary>
    internal LabNode this[string name] => new(Path.Combine(_folder, name));

    /// <summary>A network file.</summary>
    internal string NetworkFile => Path.Combine(_folder, "relay1", "network.json");

    /// <summary>Where nodes that are observed answer.</summary>
    internal string AnswerFolder => _folder;

    private (string Name, string Value)[] Hook =>
    [
        ("DOTNET_STARTUP_HOOKS", typeof(LabNet).Assembly.Location),
        (StartupHook.FolderVariable, AnswerFolder),
    ];

    /// <summary>Starts a node anew, fresh, and so that <see cref="LabNode.CollectAsync"/> can look into it.</summary>
    internal void RestartObserved(string name)
    {
        Testnet([], "kill", name);
        Testnet(Hook, "start", name);
    }

    /// <summary>Starts a node anew after one of its folders, with what is in it, was deleted.</summary>
    internal void RestartWithout(string name, Func<string, string> folder)
    {
        Testnet([], "kill", name);
        System.IO.Directory.Delete(folder(this[name].Data), recursive: true);
        Testnet([], "start", name);
    }

    /// <summary>Ends all processes and deletes the files.</summary>
    public void Dispose()
    {
        TakeDown();
        foreach (var signal in _signals)
        {
            signal.Dispose();
        }
    }

    private void TakeDown()
    {
        if (Interlocked.Exchange(ref _down, 1) == 0 && System.IO.Directory.Exists(_folder))
        {
            Testnet([], "down");
            System.IO.Directory.Delete(_folder, recursive: true);
        }
    }

    private void Testnet((string Name, string Value)[] environment, string verb, params string[] rest)
    {
        var start = new ProcessStartInfo(Path.Combine(Root, "tools", "testnet"), [verb, _folder, .. rest])
        {
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new IOException("cannot start tools/testnet");
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"tools/testnet {verb} ended with {process.ExitCode}");
        }
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Veil.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new IOException("the bench must lie in the project's folder");
    }
}
