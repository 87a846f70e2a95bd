using System.Diagnostics;

namespace Veil.Tools.Testnet.Processes;

/// <summary>Starts processes that stay when this one ends.</summary>
internal static class Launcher
{
    // A session of its own, no terminal, nothing inherited but its environment; every word replaces the process before
    // it, so that the number is the program's own. $1 is the file for its words.
    private const string Script =
        """out=$1; shift; exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec setsid "$@" </dev/null >>"$out" 2>&1""";

    /// <summary>Starts a command in the background.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="tag">Its mark.</param>
    /// <param name="output">The file that its standard output and error are appended to.</param>
    /// <returns>Its process number.</returns>
    /// <exception cref="IOException">There is no shell to start it.</exception>
    internal static int Start(IReadOnlyList<string> command, Tag tag, string output)
    {
        var start = new ProcessStartInfo("/bin/sh");
        foreach (var argument in new[] { "-c", Script, "launcher", output }.Concat(command))
        {
            start.ArgumentList.Add(argument);
        }

        tag.Mark(start);
        try
        {
            using var process = Process.Start(start)!;
            return process.Id;
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            throw new IOException($"cannot start {command[0]}: {fault.Message}", fault);
        }
    }
}
