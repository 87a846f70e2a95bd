using Veil.Content.Manifests;
using Veil.Content.Publishing;
using Veil.Content.Transfers;

namespace Veil.Content.Folders;

/// <summary>
/// What is published for a folder: the bytes of its files, read on from <paramref name="files"/>, then its index with
/// the digests of what was read (spec/manifest.md, section 6). Read only, forward only. One reader.
/// </summary>
/// <param name="draft">The files; its digests do not count.</param>
/// <param name="files">Their bytes in order, read to the end, of which it must tell. Whoever gives it disposes
/// it.</param>
public sealed class FolderStream(FolderIndex draft, Stream files) : ForwardReadStream
{
    private readonly FolderEntry[] _entries = [.. draft.Entries];
    private EntityDigest? _digest;
    private int _entry;
    private long _readOfEntry;
    private byte[]? _index;
    private int _indexRead;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        FinishEntries();
        if (_entry == _entries.Length) return await ReadIndexAsync(buffer, cancellationToken);
        var wanted = (int)Math.Min(buffer.Length, _entries[_entry].Length - _readOfEntry);
        var read = await files.ReadAsync(buffer[..wanted], cancellationToken);
        _digest ??= new EntityDigest();
        _digest.Append(buffer.Span[..read]);
        _readOfEntry += read;
        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _digest?.Dispose();
        base.Dispose(disposing);
    }

    // Past all that are complete, empty ones among them.
    private void FinishEntries()
    {
        while (_entry < _entries.Length && _readOfEntry == _entries[_entry].Length)
        {
            using var digest = _digest ?? new EntityDigest();
            _entries[_entry] = _entries[_entry] with { Digest = digest.Finish() };
            _digest = null;
            _readOfEntry = 0;
            _entry++;
        }
    }

    private async ValueTask<int> ReadIndexAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_index is null)
        {
            var more = new byte[1];
            if (await files.ReadAsync(more, cancellationToken) != 0)
            {
                throw new PublishException(PublishFault.SourceChanged, "the folder grew while it was read");
            }

            _index = FolderIndexCodec.Encode(FolderIndex.OfKnown(_entries));
        }

        var count = Math.Min(buffer.Length, _index.Length - _indexRead);
        _index.AsSpan(_indexRead, count).CopyTo(buffer.Span);
        _indexRead += count;
        return count;
    }
}
