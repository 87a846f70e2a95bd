using System.Globalization;
using System.Text;
using Veil.Cli.Output;

namespace Veil.Cli.Files;

/// <summary>
/// What stands beside a file or folder while it comes. The name of a part that may be gone on from says of which
/// content it is: <c>OUT.veil-part-</c> and 16 digits of the entity digest. One that may not ends with the number of
/// its process. Nobody else gives such names: pieces of split files are often called <c>OUT.part-</c> and a number,
/// and what has these names is removed.
/// </summary>
internal static class Parts
{
    private const string Mark = ".veil-part-";

    private const int DigestCharacters = 16;
    private const int MaxNameBytes = 255;

    /// <summary>The part of one content at a place.</summary>
    internal static string Of(string path, string digest) => Beside(path, digest[..DigestCharacters]);

    /// <summary>The part of this process at a place.</summary>
    internal static string OfThisRun(string path) =>
        Beside(path, System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture));

    /// <summary>Opens a part, new or not; it is locked as long as it is open.</summary>
    /// <exception cref="CliFailure">Another run has it open, or it is no file.</exception>
    internal static FileStream Open(string part)
    {
        RefuseLink(part);
        if (FileFacts.Of(part).Kind is not (FileKind.Missing or FileKind.Regular))
        {
            throw NotOurs(part, "is there and is no file");
        }

        try
        {
            var file = new FileStream(
                part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            try
            {
                // It may have come meanwhile.
                RefuseLink(part);
                return file;
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (IOException) when (File.Exists(part))
        {
            throw InUse();
        }
    }

    /// <summary>Veil leaves no links: one that has the name of a part leads to somebody's file, which is not to be
    /// written to.</summary>
    /// <exception cref="CliFailure">It is one.</exception>
    internal static void RefuseLink(string part)
    {
        if (IsLink(part))
        {
            throw NotOurs(part, "is a link");
        }
    }

    /// <summary>The refusal to write where another run writes.</summary>
    internal static CliFailure InUse() => new(
        ExitCodes.Failed, "in_use", "another run is fetching the same to the same place",
        "wait for it, or name another place with -o");

    /// <summary>Somebody wrote into a folder while it came.</summary>
    internal static CliFailure Changed(string part) => new(
        ExitCodes.VerificationFailed, "part_damaged", $"{part} was changed by others while it came",
        "run the same command again; if that does not help, remove it before");

    /// <summary>What an earlier run left is not what came then.</summary>
    internal static CliFailure Damaged() => new(
        ExitCodes.VerificationFailed, "part_damaged", "what an earlier run left of it had been changed; it is removed",
        "run the same command again: it begins anew");

    /// <summary>Removes what runs that were killed left at this place, under the numbers of their processes.</summary>
    internal static void RemoveLeft(string path)
    {
        foreach (string part in Find(path))
        {
            var end = EndOf(part, path);
            if (int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out int process)
                && !IsContent(end)
                && File.Exists(part)
                && !IsAlive(process))
            {
                TryRemove(part);
            }
        }
    }

    /// <summary>The same, and what was left of other content at this place.</summary>
    internal static void RemoveOthers(string path, string own)
    {
        RemoveLeft(path);
        foreach (string part in Find(path))
        {
            if (part != own && IsContent(EndOf(part, path)))
            {
                TryRemove(part);
            }
        }
    }

    private static string Beside(string path, string what)
    {
        string name = Path.GetFileName(path);
        string end = Mark + what;

        // A name may be as long as the file system allows; then the part stands under a name of its own.
        bool fits = Encoding.UTF8.GetByteCount(name) + end.Length <= MaxNameBytes;
        return Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, fits ? name + end : end);
    }

    private static CliFailure NotOurs(string part, string how) => new(
        ExitCodes.Failed, "not_a_file", $"{part} {how}: it is not of an earlier run", "look at it and remove it");

    private static bool IsLink(string part) => new FileInfo(part).LinkTarget is not null;

    private static bool IsContent(ReadOnlySpan<char> end)
    {
        foreach (char digit in end)
        {
            if (!char.IsAsciiHexDigitLower(digit))
            {
                return false;
            }
        }

        return end.Length == DigestCharacters;
    }

    private static ReadOnlySpan<char> EndOf(string part, string path) =>
        Path.GetFileName(part).AsSpan(Path.GetFileName(path).Length + Mark.Length);

    private static List<string> Find(string path)
    {
        string start = Path.GetFileName(path) + Mark;
        return [.. System.IO.Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Path.GetFullPath(path))!)
            .Where(part => Path.GetFileName(part).StartsWith(start, StringComparison.Ordinal))];
    }

    // Another run of the same number is this one: numbers are given again.
    private static bool IsAlive(int process)
    {
        if (process == System.Environment.ProcessId)
        {
            return false;
        }

        try
        {
            using var living = System.Diagnostics.Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // A part that is being written is locked, also by a process in another container whose numbers say nothing here.
    private static void TryRemove(string part)
    {
        var kind = IsLink(part) ? FileKind.Missing : FileFacts.Of(part).Kind;
        try
        {
            if (kind == FileKind.Regular)
            {
                using var opened = new FileStream(part, FileMode.Open, FileAccess.Write, FileShare.None);
                File.Delete(part);
            }
            else if (kind == FileKind.Folder)
            {
                using var held = FolderLock.TryTake(part);
                if (held is not null)
                {
                    System.IO.Directory.Delete(part, recursive: true);
                }
            }
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // In use, or another user's: it is in nobody's way.
        }
    }
}
