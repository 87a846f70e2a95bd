using System.Security.Cryptography;
using Veil.Cli.Output;
using Veil.Content.Manifests;

namespace Veil.Cli.Files;

/// <summary>
/// A file that comes over the network: it stands beside its later place under another name, and gets its own only when
/// all of it is there and on disk. Disposed before, nothing is left of it, or what the next run goes on from
/// (spec/control.md, section 2.2). Counts and digests what is written.
/// </summary>
internal sealed class ArrivingFile : ForwardWriteStream
{
    private const int DigestBytes = SHA256.HashSizeInBytes;

    private readonly Stream _inner;
    private readonly string? _temporary;
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Action<long> _onProgress;

    // Whether another run may go on from it. Where this one does: what all of it must have, and has so far. What comes
    // now needs no digest, every byte of it is verified.
    private readonly bool _isResumable;
    private (EntityDigest SoFar, string Expected)? _content;
    private long _written;
    private bool _kept;

    private ArrivingFile(Stream inner, string? temporary, Action<long> onProgress, bool isResumable = false)
    {
        _inner = inner;
        _temporary = temporary;
        _onProgress = onProgress;
        _isResumable = isResumable;
    }

    /// <inheritdoc/>
    public override long Length => _written;

    /// <summary>Begins a file that will be <paramref name="path"/>. What runs that were killed left of the same file
    /// is removed (spec/control.md, section 2.2).</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal static ArrivingFile Begin(string path, Action<long> onProgress)
    {
        Parts.RemoveLeft(path);

        // In the same folder, so that the last step is a rename; the process's number keeps two runs apart.
        string temporary = Parts.OfThisRun(path);
        var inner = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        return new ArrivingFile(inner, temporary, onProgress);
    }

    /// <summary>
    /// Begins a file that will be <paramref name="path"/>, or goes on with what an earlier run left of the same
    /// content; <see cref="Length"/> then says how much of it is there.
    /// </summary>
    /// <param name="path">Its later place.</param>
    /// <param name="content">Its length, in bytes, and its entity digest.</param>
    /// <param name="onProgress">Told how much is there.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="CliFailure">Another run is at it.</exception>
    internal static ArrivingFile Resume(string path, (long Length, string Digest) content, Action<long> onProgress)
    {
        string part = Parts.Of(path, content.Digest);
        Parts.RemoveOthers(path, part);
        var inner = Parts.Open(part);
        var file = new ArrivingFile(inner, part, onProgress, isResumable: true);
        if (inner.Length > content.Length)
        {
            inner.SetLength(0);
        }

        if (inner.Length > 0)
        {
            file._content = (new EntityDigest(), content.Digest);
        }

        var buffer = new byte[1 << 17];
        while (inner.Read(buffer) is var count and > 0)
        {
            file.Count(buffer.AsSpan(0, count));
        }

        return file;
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
        if (_content is { } content && content.SoFar.Finish().ToString() != content.Expected)
        {
            // Nothing that came now: every byte of that was verified.
            file.Dispose();
            File.Delete(_temporary!);
            _kept = true;
            throw Parts.Damaged();
        }

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
        ExitCodes.Failed, "exists", $"{path} exists", System.IO.Directory.Exists(path)
            ? "name another place, or move it away: a folder is not replaced"
            : "name another place, or give --force to replace it");

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default)
    {
        if (_temporary is null)
        {
            await _inner.WriteAsync(buffer, cancellationToken);
        }
        else
        {
            // To the system's memory; by way of the pool it would cost more than the copy.
            cancellationToken.ThrowIfCancellationRequested();
            _inner.Write(buffer.Span);
        }

        Count(buffer.Span);
    }

    /// <inheritdoc/>
    public override void Flush() => _inner.Flush();

    private void Count(ReadOnlySpan<byte> bytes)
    {
        _digest.AppendData(bytes);
        _content?.SoFar.Append(bytes);
        _written += bytes.Length;
        _onProgress(_written);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
            _digest.Dispose();
            _content?.SoFar.Dispose();
            if (_temporary is not null && !_kept && (!_isResumable || _written == 0))
            {
                File.Delete(_temporary);
            }
        }

        base.Dispose(disposing);
    }
}
