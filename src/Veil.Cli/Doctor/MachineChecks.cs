using System.Globalization;
using Veil.Cli.Files;
using Veil.Node.Configuration;
using Veil.Node.Hosting;

namespace Veil.Cli.Doctor;

/// <summary>What the machine and the user's rights give a node.</summary>
internal static class MachineChecks
{
    private const string LimitsFile = "/proc/self/limits";
    private const long LeastFree = 64L << 20;
    private const long EnoughFree = 1L << 30;
    private const long EnoughLocked = 8L << 20;
    private const long EnoughFiles = 4096;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>AES instructions: relays need them.</summary>
    internal static Finding Aes(bool isRelay)
    {
        if (Processor.HasAes)
        {
            return new Finding("aes", Verdict.Ok, "the processor has AES instructions");
        }

        return isRelay
            ? new Finding(
                "aes", Verdict.Fail, "the processor has no AES instructions, which relays need",
                "run the relay on another machine; as a client this one will do")
            : new Finding(
                "aes", Verdict.Warn, "the processor has no AES instructions", "fine for a client, though slow");
    }

    /// <summary>The data folder: there, owned, private.</summary>
    internal static Finding Folder(DataPaths paths)
    {
        var facts = FileFacts.Of(paths.Folder);
        if (facts.Kind == FileKind.Missing)
        {
            return new Finding(
                "data folder", Verdict.Warn, $"{paths.Folder} does not exist",
                "veil run makes it, or name another with --data");
        }

        if (facts.Kind != FileKind.Folder)
        {
            return new Finding(
                "data folder", Verdict.Fail, $"{paths.Folder} is no folder",
                "name another place with --data or VEIL_DATA");
        }

        if (facts.Owner is { } owner && owner != FileFacts.CurrentUser)
        {
            return new Finding(
                "data folder", Verdict.Fail, $"{paths.Folder} belongs to user {owner}, you are {FileFacts.CurrentUser}",
                "run veil as the user that the node runs as, or name another folder with --data");
        }

        bool isOpen = !OperatingSystem.IsWindows() && (File.GetUnixFileMode(paths.Folder) & Others) != 0;
        return isOpen
            ? new Finding(
                "data folder", Verdict.Warn, $"other users may look into {paths.Folder}", $"chmod 700 {paths.Folder}")
            : new Finding("data folder", Verdict.Ok, $"{paths.Folder} is yours alone");
    }

    /// <summary>Room on its disk.</summary>
    internal static Finding Space(DataPaths paths)
    {
        string existing = paths.Folder;
        while (!System.IO.Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        long free = new DriveInfo(existing).AvailableFreeSpace;
        string message = $"{ByteSize.Format(free)} free on the disk of the data folder";
        return free < LeastFree ? new Finding("disk", Verdict.Fail, message, "make room, or move the data folder")
            : free < EnoughFree ? new Finding("disk", Verdict.Warn, message, "make room soon")
            : new Finding("disk", Verdict.Ok, message);
    }

    /// <summary>Locked memory for keys, and open files for links: of this shell, as services have limits of their
    /// own.</summary>
    internal static IEnumerable<Finding> Limits()
    {
        if (!File.Exists(LimitsFile))
        {
            yield break;
        }

        string[] lines = File.ReadAllLines(LimitsFile);
        yield return Limit(
            lines, ("Max locked memory", "locked memory", "bytes of locked memory, where keys lie"), EnoughLocked,
            "ulimit -l 65536, or LimitMEMLOCK=64M in the service; without it keys may reach the swap");
        yield return Limit(
            lines, ("Max open files", "open files", "open files"), EnoughFiles,
            "ulimit -n 65536, or LimitNOFILE=65536 in the service: each link is one");
    }

    private static Finding Limit(
        string[] lines,
        (string Field, string Name, string Meaning) limit,
        long enough,
        string hint)
    {
        // Name, soft limit, hard limit, unit, in columns.
        string? line = lines.FirstOrDefault(line => line.StartsWith(limit.Field, StringComparison.Ordinal));
        string soft = line?[limit.Field.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0] ?? "unlimited";
        bool isBounded = long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long value);
        return isBounded && value < enough
            ? new Finding(limit.Name, Verdict.Warn, $"at most {value} {limit.Meaning}, in this shell", hint)
            : new Finding(limit.Name, Verdict.Ok, $"{soft} {limit.Meaning}, in this shell");
    }
}
