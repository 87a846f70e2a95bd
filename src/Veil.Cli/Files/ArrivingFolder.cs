using System.Runtime.InteropServices;
using Veil.Cli.Output;
using Veil.Content.Manifests;
using Veil.Node.Control;

namespace Veil.Cli.Files;

/// <summary>
/// A folder that comes over the network: the bytes of its files, one after another. It stands beside its later place
/// under another name, and gets its own only when all of it is there and on disk. Disposed before, it is what the next
/// run goes on from (spec/control.md, section 2.2).
/// </summary>
internal sealed partial class ArrivingFolder : ForwardWriteStream
{
    private readonly string _part;
    private readonly FolderLock _lock;
    private readonly ListedTree _tree;
    private readonly IReadOnlyList<ListedFile> _files;
    private readonly Action<long> _onProgress;

    // The one being written, and what is there of it; its digest where an earlier run began it: what comes now needs
    // none, every byte of it is verified.
    private int _number;
    private FileStream? _file;
    private EntityDigest? _digest;
    private long _writtenOfFile;
    private long _written;

    private ArrivingFolder(
        (string Path, FolderLock Lock) part,
        ListedTree tree,
        IReadOnlyList<ListedFile> files,
        Action<long> onProgress)
    {
        (_part, _lock) = part;
        _tree = tree;
        _files = files;
        _onProgress = onProgress;
    }

    /// <summary>Bytes that are there.</summary>
    public override long Length => _written;

    /// <summary>Begins a folder that will be <paramref name="path"/>, or goes on with what an earlier run left of
    /// it.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="CliFailure">Another run is at it, or it is none.</exception>
    internal static ArrivingFolder Resume(string path, ContentListing content, Action<long> onProgress)
    {
        string part = Parts.Of(path, content.Digest);
        var tree = new ListedTree(part, content.Files!);
        Parts.RemoveOthers(path, part);
        Parts.RefuseLink(part);
        System.IO.Directory.CreateDirectory(part);
        var held = FolderLock.TryTake(part) ?? throw Parts.InUse();
        var folder = new ArrivingFolder((part, held), tree, content.Files!, onProgress);
        try
        {
            Parts.RefuseLink(part);
            tree.RemoveOthers();
            folder.TakeUp();
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Puts the folder under its name, once it is on disk.</summary>
    /// <exception cref="CliFailure">There is something under that name, or a file is damaged, missing or
    /// too many.</exception>
    internal void Keep(string path)
    {
        FinishFiles();
        if (OperatingSystem.IsLinux())
        {
            // Once, and not for each of many thousand small files.
            sync();
        }

        if (FileFacts.Of(path).Kind != FileKind.Missing)
        {
            throw ArrivingFile.Exists(path);
        }

        if (!_tree.IsWhole())
        {
            throw Parts.Changed(_part);
        }

        System.IO.Directory.Move(_part, path);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!buffer.IsEmpty)
        {
            FinishFiles();
            if (_number == _files.Count)
            {
                throw new IOException("the node sent more than it said");
            }

            var file = _files[_number];
            _file ??= Begin(file)!;
            var piece = buffer[..(int)Math.Min(buffer.Length, file.Bytes - _writtenOfFile)];

            // To the system's memory; by way of the pool it would cost more than the copy.
            _file.Write(piece.Span);
            Count(piece.Span);
            buffer = buffer[piece.Length..];
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Flush() => _file?.Flush();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file?.Dispose();
            _digest?.Dispose();
            if (_written == 0 && System.IO.Directory.Exists(_part)
                && !System.IO.Directory.EnumerateFileSystemEntries(_part).Any())
            {
                System.IO.Directory.Delete(_part);
            }

            _lock.Dispose();
        }

        base.Dispose(disposing);
    }

    // Files are written in order: what is there ends in the first that is not whole. Whatever is after that goes.
    private void TakeUp()
    {
        while (_number < _files.Count && _tree.PlaceOf(_files[_number]) is var place
            && (System.IO.Directory.Exists(place) || File.Exists(place)))
        {
            if (!_files[_number].Path.EndsWith('/'))
            {
                _file = Parts.Open(place);
                if (!TryTakeUp(_files[_number], _file))
                {
                    break;
                }
            }

            if (_writtenOfFile < _files[_number].Bytes)
            {
                break;
            }

            FinishFile();
        }

        foreach (string place in _files.Skip(_number + 1).Select(_tree.PlaceOf).Where(File.Exists))
        {
            File.Delete(place);
        }
    }

    private bool TryTakeUp(ListedFile file, FileStream there)
    {
        if (there.Length > file.Bytes)
        {
            there.SetLength(0);
            return false;
        }

        _digest = there.Length > 0 ? new EntityDigest() : null;
        var buffer = new byte[1 << 17];
        while (there.Read(buffer) is var count and > 0)
        {
            Count(buffer.AsSpan(0, count));
        }

        return true;
    }

    private void Count(ReadOnlySpan<byte> bytes)
    {
        _digest?.Append(bytes);
        _writtenOfFile += bytes.Length;
        _written += bytes.Length;
        _onProgress(_written);
    }

    // Past all that are complete, empty ones and empty folders among them.
    private void FinishFiles()
    {
        while (_number < _files.Count && _writtenOfFile == _files[_number].Bytes)
        {
            _file ??= Begin(_files[_number]);
            FinishFile();
        }
    }

    private void FinishFile()
    {
        var file = _files[_number];
        using var digest = _digest;
        _digest = null;
        _file?.Dispose();
        _file = null;
        if (digest is not null && digest.Finish().ToString() != file.Digest)
        {
            // Nothing that came now: every byte of that was verified.
            File.Delete(_tree.PlaceOf(file));
            throw Parts.Damaged();
        }

        _writtenOfFile = 0;
        _number++;
    }

    // Never over another: names that differ in what this file system does not tell apart are one file here.
    private FileStream? Begin(ListedFile file)
    {
        string place = _tree.PlaceOf(file);
        if (file.Path.EndsWith('/'))
        {
            System.IO.Directory.CreateDirectory(place);
            return null;
        }

        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        try
        {
            return new FileStream(place, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(place))
        {
            throw new CliFailure(
                ExitCodes.Failed, "names_collide", $"two files of this folder have one name here: {file.Path}",
                "fetch one of them with --path, or all of it on another file system");
        }
    }

    [LibraryImport("libc")]
    private static partial void sync();
}
