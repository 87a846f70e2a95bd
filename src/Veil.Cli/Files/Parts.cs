using System.Globalization;
using System.Text;
using Veil.Cli.Output;

namespace Veil.Cli.Files;

/// <summary>
/// What stands beside a file or folder while it comes. The name of a part that may be gone on from says of which
/// content it is: <c>OUT.part-</c> and 16 digits of the entity digest. One that may not ends with the number of its
/// process.
/// </summary>
internal static class Parts
{
    /// <summary>Between the name and the rest.</summary>
    internal const string Mark = ".part-";

    private const int DigestCharacters = 16;
    private const int MaxNameBytes = 255;

    /// <summary>The part of one content at a place.</summary>
    internal static string Of(string path, string digest)
    {
        string name = Path.GetFileName(path);
        string end = Mark + digest[..DigestCharacters];

        // A name may be as long as the file system allows; then the part stands under a name of its own.
        bool fits = Encoding.UTF8.GetByteCount(name) + end.Length <= MaxNameBytes;
        return Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, fits ? name + end : end);
    }

    /// <summary>Opens a part, new or not; it is locked as long as it is open.</summary>
    /// <exception cref="CliFailure">Another run has it open.</exception>
    internal static FileStream Open(string part)
    {
        try
        {
            return new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(part))
        {
            throw new CliFailure(
                ExitCodes.Failed, "in_use", "another run is fetching the same to the same place",
                "wait for it, or name another place with -o");
        }
    }

    /// <summary>What an earlier run left is not what came then.</summary>
    internal static CliFailure Damaged() => new(
        ExitCodes.VerificationFailed, "part_damaged", "what an earlier run left of it had been changed; it is removed",
        "run the same command again: it begins anew");

    /// <summary>Removes what runs that were killed left at this place, under the numbers of their processes.</summary>
    internal static void RemoveLeft(string path)
    {
        foreach (string part in Find(path))
        {
            if (int.TryParse(EndOf(part, path), out int process) && !IsAlive(process))
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
            var end = EndOf(part, path);
            bool isContent = end.Length == DigestCharacters
                && ulong.TryParse(end, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
            if (isContent && part != own)
            {
                TryRemove(part);
            }
        }
    }

    private static ReadOnlySpan<char> EndOf(string part, string path) =>
        Path.GetFileName(part).AsSpan(Path.GetFileName(path).Length + Mark.Length);

    private static List<string> Find(string path)
    {
        string start = Path.GetFileName(path) + Mark;
        return [.. System.IO.Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(path))!)
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
        try
        {
            using (new FileStream(part, FileMode.Open, FileAccess.Write, FileShare.None))
            {
                File.Delete(part);
            }
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // In use, or another user's: it is in nobody's way.
        }
    }
}
