using System.Security.Cryptography;
using Veil.Cli.Output;

namespace Veil.Cli.Files;

/// <summary>
/// A file that comes over the network: it stands beside its later place under another name, and gets its own only when
/// all of it is there and on disk. Disposed before, nothing is left of it. Counts and digests what is written.
/// </summary>
internal sealed class ArrivingFile : Stream
{
    private const int DigestBytes = SHA256.HashSizeInBytes;
    private const string PartMark = ".part-";

    private readonly Stream _inner;
    private readonly string? _temporary;
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Action<long> _onProgress;
    private long _written;
    private bool _kept;

    private ArrivingFile(Stream inner, string? temporary, Action<long> onProgress)
    {
        _inner = inner;
        _temporary = temporary;
        _onProgress = onProgress;
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => _written;

    /// <inheritdoc/>
    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    /// <summary>Begins a file that will be <paramref name="path"/>. What runs that were killed left of the same file
    /// is removed (spec/control.md, section 2.2).</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal static ArrivingFile Begin(string path, Action<long> onProgress)
    {
        RemoveLeftParts(path);

        // In the same folder, so that the last step is a rename; the process's number keeps two runs apart.
        string temporary = path + PartMark + System.Environment.ProcessId;
        var inner = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        return new ArrivingFile(inner, temporary, onProgress);
    }

    /// <summary>Hands bytes on as they come: every one of them is verified already.</summary>
    internal static ArrivingFile Through(Stream output, Action<long> onProgress) => new(output, null, onProgress);

    /// <summary>Puts the file under its name, once it is on disk.</summary>
    /// <param name="path">As given at the beginning.</param>
    /// <param name="replace">Whether it may take the place of another.</param>
    /// <exception cref="CliFailure">There is another.</exception>
    internal void Keep(string path, bool replace)
    {
        var file = (FileStream)_inner;
        file.Flush(flushToDisk: true);
        file.Dispose();
        try
        {
            File.Move(_temporary!, path, replace);
            _kept = true;
        }
        catch (IOException) when (!replace && File.Exists(path))
        {
            throw Exists(path);
        }
    }

    /// <summary>SHA-256 of what was written, lower-case hexadecimal. Once, at the end.</summary>
    internal string TakeDigest()
    {
        Span<byte> digest = stackalloc byte[DigestBytes];
        _digest.GetHashAndReset(digest);
        return Convert.ToHexStringLower(digest);
    }

    /// <summary>The refusal to take another file's place.</summary>
    internal static CliFailure Exists(string path) => new(
        ExitCodes.Failed, "exists", $"{path} exists", "name another place, or give --force to replace it");

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default)
    {
        _digest.AppendData(buffer.Span);
        await _inner.WriteAsync(buffer, cancellationToken);
        _written += buffer.Length;
        _onProgress(_written);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush() => _inner.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private static void RemoveLeftParts(string path)
    {
        string start = Path.GetFileName(path) + PartMark;
        var parts = System.IO.Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(path))!)
            .Where(part => Path.GetFileName(part).StartsWith(start, StringComparison.Ordinal));
        foreach (string part in parts.ToList())
        {
            if (int.TryParse(Path.GetFileName(part).AsSpan(start.Length), out int process) && !IsAlive(process))
            {
                TryRemove(part);
            }
        }
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

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
            _digest.Dispose();
            if (_temporary is not null && !_kept)
            {
                File.Delete(_temporary);
            }
        }

        base.Dispose(disposing);
    }
}
