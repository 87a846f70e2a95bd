using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Manifests;
using Veil.Content.Stripes;
using Veil.Content.Transfers;
using Veil.Wire;

namespace Veil.Content.Publishing;

/// <summary>The isolation groups of one publication (spec/stripe.md, section 6).</summary>
internal readonly record struct PublishGroups(IsolationGroup Data, IsolationGroup Inner, IsolationGroup Root);

/// <summary>
/// One publication under way. The flow that calls reads, encrypts and computes parity, while the stripes before run in
/// a bounded window beside it. One owner; dispose settles what still runs.
/// </summary>
internal sealed class PublishSession : IAsyncDisposable
{
    private readonly BlockSender _sender;
    private readonly PublishGroups _groups;
    private readonly byte[] _secret;
    private readonly BlockPool _pool;
    private readonly StripeAssembly _assembly;
    private readonly ParityLevel _level;
    private readonly TaskWindow _stripes;
    private readonly TaskWindow _copies;
    private readonly Queue<(BlockRef Reference, byte[] Block)> _copiesToSend = new();
    private readonly List<BlockRef> _innerNodes = [];
    private readonly CancellationTokenSource _stop;
    private readonly Action _onAdvance;
    private readonly Action<PublishCheckpoint>? _onCheckpoint;
    private readonly StoredTrack _storedStripes;
    private readonly StoredTrack _storedCopies;
    private readonly Lock _checkpointLock = new();

    private OpeningDraft? _opening;

    // What first went wrong beside the flow that reads; it stops that flow.
    private Exception? _failure;

    /// <summary>Starts with nothing read.</summary>
    public PublishSession(
        BlockSender sender,
        PublishGroups groups,
        PublishOptions options,
        ReadOnlySpan<byte> secret,
        (Action OnAdvance, CancellationToken CancellationToken) caller)
    {
        _sender = sender;
        _groups = groups;
        _secret = secret.ToArray();
        _pool = new BlockPool(
            (options.MaxStripesInMemory * StripeShape.MaxShares) + options.MaxCopiedBlocksInMemory);
        _level = options.Level;
        _assembly = new StripeAssembly(_pool, _level);
        _stripes = new TaskWindow(Math.Max(1, options.MaxStripesInMemory - 1));
        _copies = new TaskWindow(options.MaxCopiedBlocksInMemory);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(caller.CancellationToken);
        _onAdvance = caller.OnAdvance;
        _onCheckpoint = options.OnCheckpoint;
        _storedStripes = new StoredTrack(options.From?.Stripes ?? StoredSoFar.None);
        _storedCopies = new StoredTrack(options.From?.Copies ?? StoredSoFar.None);
    }

    /// <summary>Bytes of the source read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Blocks encoded so far, parity not counted.</summary>
    public long Blocks { get; private set; }

    /// <summary>Reads all of the source and has all of it acknowledged; the manifest is not stored yet.</summary>
    public Task<Manifest> PublishDataAsync(PublishSource source) => WithFirstFailureAsync(SendDataAsync(source));

    /// <summary>Stores the manifest, its root last and over trunks of its own.</summary>
    public Task<ReadCapability> PublishManifestAsync(Manifest manifest) =>
        WithFirstFailureAsync(SendManifestAsync(manifest));

    private async Task<Manifest> SendDataAsync(PublishSource source)
    {
        var size = source.Size;
        _opening = new OpeningDraft(size);
        using ErisEncoder data = new(ErisLayout.BlockBytes, _secret, OnDataBlock);
        using ErisEncoder map = new(ErisLayout.BlockBytes, _secret, OnCopiedBlock);
        var header = new byte[StripeMapLayout.HeaderBytes];
        StripeMapLayout.WriteHeader(new StripePlan(size.Leaves, _level), header);
        map.Append(header);

        var digest = await SendSourceAsync(source, data, map);
        await SendPaddingAsync(new ContentPadding(_secret, digest), size, data, map);
        var dataCapability = data.Finish();
        await SendReadyAsync(map, isLast: true);
        foreach (var node in _innerNodes) map.Append(node.Value.AsSpan());
        var mapCapability = map.Finish();
        await SendReadyAsync(map, isLast: true);
        if (!_storedStripes.IsPastEarlier || !_storedCopies.IsPastEarlier) throw Changed("shrank");
        await _stripes.DrainAsync();
        await _copies.DrainAsync();

        var name = FileName.Sanitize(source.Name);
        return new Manifest(
            name,
            size,
            size.Kind == ContentKind.Folder ? Manifest.FolderType : MimeTypes.OfName(name),
            new ManifestCapabilities(dataCapability, mapCapability),
            digest)
        {
            Statements = source.Statements,
            Level = _level,
            Opening = _opening.Finish(),
        };
    }

    private async Task<Bytes32> SendSourceAsync(PublishSource source, ErisEncoder data, ErisEncoder map)
    {
        using EntityDigest digest = new();

        // Whole ones but for the last: the leaves of a call never reach into the next stripe.
        var buffer = new byte[ErisEncoder.LeavesAtOnce * ErisLayout.BlockBytes];
        var length = source.Size.StoredLength;
        while (BytesRead < length)
        {
            var wanted = (int)Math.Min(buffer.Length, length - BytesRead);
            var piece = buffer.AsMemory(0, wanted);
            await FillAsync(piece, source.Content);
            digest.Append(piece.Span);
            data.Append(piece.Span);
            await SendReadyAsync(map, isLast: false);
        }

        if (await source.Content.ReadAsync(buffer.AsMemory(0, 1), _stop.Token) != 0) throw Changed("grew");
        if (!source.IsUnchanged()) throw Changed("changed");
        CryptographicOperations.ZeroMemory(buffer);
        return digest.Finish();
    }

    // By hand: Stream's own leaves the scheduler, which tests in virtual time need.
    private async Task FillAsync(Memory<byte> piece, Stream content)
    {
        while (!piece.IsEmpty)
        {
            var read = await content.ReadAsync(piece, _stop.Token);
            if (read == 0) throw Changed("shrank");
            BytesRead += read;
            piece = piece[read..];
        }
    }

    private async Task SendPaddingAsync(ContentPadding padding, ContentSize size, ErisEncoder data, ErisEncoder map)
    {
        var piece = new byte[ErisLayout.BlockBytes];
        var left = size.EncodedLength - size.StoredLength;
        for (long index = 0; left > 0; index++)
        {
            var count = (int)Math.Min(piece.Length, left);
            padding.Fill(index, piece.AsSpan(0, count));
            data.Append(piece.AsSpan(0, count));
            left -= count;
            await SendReadyAsync(map, isLast: false);
        }
    }

    private async Task<ReadCapability> SendManifestAsync(Manifest manifest)
    {
        using ErisEncoder encoder = new(ErisLayout.BlockBytes, _secret, OnCopiedBlock);
        encoder.Append(ManifestCodec.Encode(manifest));
        var capability = encoder.Finish();
        while (_copiesToSend.TryDequeue(out var next))
        {
            // The encoder hands the root out last.
            var group = next.Reference == capability.RootReference ? _groups.Root : _groups.Inner;
            await SendCopiesAsync(group, next.Reference, next.Block, _ => { });
        }

        return capability;
    }

    /// <summary>Stops what still runs, waits for it and wipes the secret.</summary>
    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _stripes.SettleAsync();
        await _copies.SettleAsync();
        _stop.Dispose();
        CryptographicOperations.ZeroMemory(_secret);
    }

    // A source that gives its bytes slowly must not keep a failure of the stores from being told.
    private async Task StoppingAsync(Task piece)
    {
        try
        {
            await piece;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            Interlocked.CompareExchange(ref _failure, fault, null);
            _stop.Cancel();
            throw;
        }
    }

    private async Task<T> WithFirstFailureAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (Exception) when (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
            throw;
        }
    }

    private static PublishException Changed(string how) =>
        new(PublishFault.SourceChanged, $"the file {how} while it was read");

    private void OnDataBlock(ErisBlock block)
    {
        if (block.Level > 0)
        {
            _innerNodes.Add(block.Reference);
            OnCopiedBlock(block);
            return;
        }

        Blocks++;
        _opening!.Add(block);
        _assembly.Add(block);
    }

    private void OnCopiedBlock(ErisBlock block)
    {
        Blocks++;
        var copy = _pool.Rent();
        block.Ciphertext.CopyTo(copy);
        _copiesToSend.Enqueue((block.Reference, copy));
    }

    private async Task SendReadyAsync(ErisEncoder map, bool isLast)
    {
        if (_assembly.Count == ReedSolomon.MaxDataShares || (isLast && _assembly.Count > 0))
        {
            // Room first: what is encoded takes memory.
            await _stripes.WaitForRoomAsync();
            var (shape, references, blocks) = _assembly.Take();
            _opening!.Add(shape, references);
            foreach (var reference in references) map.Append(reference.Value.AsSpan());
            if (_storedStripes.Add(references) is { } onStored)
            {
                _stripes.Add(StoppingAsync(SendStripeAsync(shape, references, blocks, onStored)));
            }
            else
            {
                foreach (var block in blocks) _pool.Return(block);
            }
        }

        while (_copiesToSend.TryDequeue(out var next))
        {
            if (_storedCopies.Add([next.Reference]) is { } onStored)
            {
                await _copies.WaitForRoomAsync();
                _copies.Add(StoppingAsync(SendCopiesAsync(_groups.Inner, next.Reference, next.Block, onStored)));
            }
            else
            {
                _pool.Return(next.Block);
            }
        }
    }

    private async Task SendStripeAsync(
        StripeShape shape,
        BlockRef[] references,
        byte[][] blocks,
        Action<StoredReport> onStored)
    {
        var report = await _sender.SendStripeAsync(_groups.Data, shape, references, blocks, _stop.Token);
        foreach (var block in blocks) _pool.Return(block);
        onStored(report);
        Advance();
    }

    private async Task SendCopiesAsync(
        IsolationGroup group,
        BlockRef reference,
        byte[] block,
        Action<StoredReport> onStored)
    {
        var report = await _sender.SendCopiesAsync(group, reference, block, _stop.Token);
        _pool.Return(block);
        onStored(report);
        Advance();
    }

    private void Advance()
    {
        _onAdvance();
        if (_onCheckpoint is null) return;
        lock (_checkpointLock)
        {
            _onCheckpoint(new PublishCheckpoint(new Bytes32(_secret), _storedStripes.Stored, _storedCopies.Stored));
        }
    }
}
