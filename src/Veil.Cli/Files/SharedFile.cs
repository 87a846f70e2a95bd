using Microsoft.Win32.SafeHandles;
using Veil.Cli.Output;
using Veil.Content.Pictures;

namespace Veil.Cli.Files;

/// <summary>
/// A file that is shared: opened once, read once, and found out when it is not, at the end, what it was at the start.
/// </summary>
internal sealed class SharedFile : IDisposable
{
    /// <summary>Code of the refusal of files whose metadata is not taken out.</summary>
    internal const string CannotStrip = "cannot_strip";

    /// <summary>Code of the refusal of a picture that cannot be walked through.</summary>
    internal const string BadPicture = "bad_picture";

    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly FileFacts _before;
    private readonly PicturePlan? _plan;
    private readonly PlanReading? _cleaned;
    private long _position;

    private SharedFile(string path, SafeFileHandle handle, FileFacts before, PicturePlan? plan)
    {
        _path = path;
        _handle = handle;
        _before = before;
        _plan = plan;
        _cleaned = plan is null ? null : new PlanReading(handle, plan);
    }

    /// <summary>Bytes that it gives.</summary>
    internal long Length => _plan?.Length ?? _before.Length;

    /// <summary>Whether it is a picture whose metadata is left out.</summary>
    internal bool IsCleaned => _plan is not null;

    /// <summary>Its name without folders.</summary>
    internal string Name => Path.GetFileName(_path);

    /// <summary>See <see cref="ContentToken"/>.</summary>
    internal string Token
    {
        get
        {
            using var token = new ContentToken();
            token.Add(_path, _before);
            if (IsCleaned)
            {
                token.Add(ContentToken.Cleaned, default);
            }

            return token.Finish();
        }
    }

    /// <summary>Opens it.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="clean">Leave out a picture's metadata (spec/pictures.md).</param>
    /// <exception cref="CliFailure">It is none, or may not be read; or its metadata cannot be left out.</exception>
    internal static SharedFile Open(string path, bool clean = false)
    {
        string full = Path.GetFullPath(path);
        if (RefusalOf(path, FileFacts.Of(full).Kind) is { } refusal)
        {
            throw refusal;
        }

        try
        {
            var handle = File.OpenHandle(
                full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete,
                    FileOptions.SequentialScan);

            // Of what was opened: the path may lead elsewhere by now.
            var facts = OpenedFacts(full, handle);
            return facts.Kind == FileKind.Regular
                ? new SharedFile(full, handle, facts, clean ? Plan(path, handle) : null)
                : throw RefusalOf(path, facts.Kind)!;
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliFailure(
                ExitCodes.Failed, "unreadable", $"{path} may not be read by you", "change its rights, or share a copy");
        }
        catch (FileNotFoundException)
        {
            throw RefusalOf(path, FileKind.Missing)!;
        }
    }

    /// <summary>Reads on; 0 at the end, when nothing about it has changed.</summary>
    /// <exception cref="CliFailure">It has: <c>file_changed</c>.</exception>
    internal async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        int count = _cleaned is null
            ? await RandomAccess.ReadAsync(_handle, destination, _position, cancellationToken)
            : await _cleaned.ReadAsync(destination, cancellationToken);
        _position += count;
        if (_position > Length)
        {
            throw Changed("grew");
        }

        if (count == 0)
        {
            CheckUnchanged();
        }

        return count;
    }

    public void Dispose() => _handle.Dispose();

    private static FileFacts OpenedFacts(string path, SafeFileHandle handle) => FileFacts.Of(
        OperatingSystem.IsLinux() ? $"/proc/self/fd/{handle.DangerousGetHandle()}" : path);

    // Null for what is no picture and is not known to say more than it shows.
    private static PicturePlan? Plan(string path, SafeFileHandle handle)
    {
        try
        {
            var bytes = PictureInput.Of(handle);
            string? fault = "it is none of what its name says";
            switch (PictureInput.Judge(path, bytes))
            {
                case PictureVerdict.Plain:
                    return null;
                case PictureVerdict.Closed:
                    throw CannotClean([path]);
                case PictureVerdict.Cleaned when PictureCleaning.TryPlan(bytes, out var plan, out fault):
                    return plan;
            }

            throw new CliFailure(
                ExitCodes.Failed, BadPicture, $"the metadata of {path} cannot be taken out: {fault}",
                "nothing was sent: save the picture anew, leave it out, or share it without --strip-metadata");
        }
        catch (CliFailure)
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>These files have metadata that is not taken out.</summary>
    internal static CliFailure CannotClean(IReadOnlyList<string> paths)
    {
        const int Named = 10;
        string more = paths.Count > Named ? $", and {paths.Count - Named:N0} more" : "";
        return new CliFailure(
            ExitCodes.Failed, CannotStrip,
            "these files may say more than they show, and veil cannot take that out of them: "
            + string.Join(", ", paths.Take(Named)) + more,
            "nothing was sent: leave them out, clean them with a program for it (exiftool, mat2), or share without "
            + "--strip-metadata");
    }

    private void CheckUnchanged()
    {
        var opened = OpenedFacts(_path, _handle);
        if (_position < Length || opened.Length < _before.Length)
        {
            throw Changed("shrank");
        }

        if (opened.Length > _before.Length)
        {
            throw Changed("grew");
        }

        var named = FileFacts.Of(_path);
        if (named.Kind == FileKind.Missing)
        {
            throw Changed("was removed");
        }

        if (named.Identity != _before.Identity)
        {
            throw Changed("was replaced by another");
        }

        if (opened.ChangedAt != _before.ChangedAt)
        {
            throw Changed("was written to");
        }
    }

    /// <summary>It is not what it was.</summary>
    internal static CliFailure Changed(string how) => new(
        ExitCodes.Failed, "file_changed", $"the file {how} while it was read; nothing was published",
        "add it again when nothing writes to it, or add a copy");

    private static CliFailure? RefusalOf(string path, FileKind kind) => kind switch
    {
        FileKind.Regular => null,
        FileKind.Missing => new CliFailure(
            ExitCodes.Failed, "no_file", $"there is no file {path}",
                "check the path, and that you may look into its folder"),
        FileKind.Folder => new CliFailure(
            ExitCodes.Failed, "is_folder", $"{path} is a folder", "name a file in it"),
        FileKind.Pipe => new CliFailure(
            ExitCodes.Failed, "not_a_file", $"{path} is a named pipe", "write what comes out of it to a file first"),
        FileKind.Socket => new CliFailure(
            ExitCodes.Failed, "not_a_file", $"{path} is a socket", "name a file"),
        _ => new CliFailure(
            ExitCodes.Failed, "not_a_file", $"{path} is a device", "write what is to be shared to a file first"),
    };
}
