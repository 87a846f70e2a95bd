using Veil.Content.Stores;
using Veil.Links.Tcp;
using Veil.Node.Configuration;
using Veil.Node.Exits;
using Veil.Node.Lab;
using Veil.Node.Names;
using Veil.Node.Recording;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Storage;
using Veil.Storage.Blocks;
using Veil.Storage.Records;
using Veil.Storage.Segments;
using Veil.Storage.State;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Node.Hosting;

/// <summary>Everything that a process opens for its node: keys, sockets, files.</summary>
internal sealed class OpenedNode : IAsyncDisposable
{
    // For its links and circuits; it has none of others.
    private const int ClientKeys = 16_384;

    private readonly TcpTransport _transport;
    private readonly FileRecorder? _recorder;

    private OpenedNode(VeilNode node, NodeSeams seams, TcpTransport transport, FileRecorder? recorder)
    {
        (Node, Seams) = (node, seams);
        (_transport, _recorder) = (transport, recorder);
    }

    /// <summary>The node; nothing of it runs yet.</summary>
    internal VeilNode Node { get; }

    /// <summary>What the node was given; the node disposes what is to be disposed.</summary>
    internal NodeSeams Seams { get; }

    /// <summary>Opens everything.</summary>
    /// <exception cref="NodeStartException">Something cannot be opened; what was opened is closed again.</exception>
    internal static async Task<OpenedNode> OpenAsync(
        NodeConfiguration configuration,
        DataPaths paths,
        NodeSurroundings outside,
        CancellationToken cancellationToken)
    {
        var opened = new Stack<IAsyncDisposable>();
        try
        {
            var parts = await OpenAsync(configuration, paths, (outside, opened), cancellationToken);
            opened.Clear();
            return parts;
        }
        catch (StorageException fault)
        {
            throw new NodeStartException("storage", fault.Message, "see the message; nothing was changed", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(
                "storage",
                $"a file of the node cannot be opened: {fault.Message}",
                "the data folder must be yours, on a disk with room that is not read-only",
                fault);
        }
        finally
        {
            while (opened.TryPop(out var part))
            {
                await part.DisposeAsync();
            }
        }
    }

    /// <summary>Stops the node and closes what was opened.</summary>
    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        _transport.Dispose();
        _recorder?.Dispose();
    }

    private static async Task<OpenedNode> OpenAsync(
        NodeConfiguration configuration,
        DataPaths paths,
        (NodeSurroundings Outside, Stack<IAsyncDisposable> Opened) parts,
        CancellationToken cancellationToken)
    {
        if (configuration.AcceptsLinks && !Processor.HasAes)
        {
            throw new NodeStartException(
                "no_aes",
                "the processor has no AES instructions, which nodes that others use need",
                "run it on another machine; as a gateway alone (--roles gateway) this one will do");
        }

        var secrets = new SystemSecretSource();
        var decisions = new SystemDecisionSource();
        var time = configuration.ClockOffset == TimeSpan.Zero
            ? TimeProvider.System
            : new OffsetTime(TimeProvider.System, configuration.ClockOffset);
        var state = Keep(parts.Opened, await LiteDbNodeState.OpenAsync(paths.State, cancellationToken));
        var consensus = Keep(parts.Opened, new DocumentFile(paths.Consensus, DocumentLimits.MaxConsensusBytes));
        var vote = configuration.Roles.HasFlag(NodeRoles.Authority)
            ? Keep(parts.Opened, new DocumentFile(paths.Vote, DocumentLimits.MaxVoteBytes))
            : null;
        var blocks = configuration.Roles.HasFlag(NodeRoles.Store)
            ? Keep(parts.Opened, await OpenBlocksAsync(configuration, paths, (time, decisions), cancellationToken))
            : null;
        var records = blocks is null
            ? null
            : Keep(parts.Opened, await RecordStore.OpenAsync(
                new RecordStoreOptions { Folder = paths.Records }, time, cancellationToken));
        var nameBook = Keep(parts.Opened, new DocumentFile(paths.NameBook, NameBook.MaxBytes));
        var slab = new KeySlab(configuration.AcceptsLinks ? configuration.Bounds.ToLimits().KeySlots : ClientKeys);
        var keys = OpenKeys(configuration, paths, secrets, slab);
        var recorder = configuration.Record is { } file
            ? new FileRecorder(file, configuration.Name, TimeProvider.System)
            : null;
        var transport = new TcpTransport(new TcpTransportOptions { LocalAddress = configuration.From });
        var seams = new NodeSeams
        {
            Time = time,
            Decisions = decisions,
            Secrets = secrets,
            Listeners = transport,
            Connections = transport,
            Blocks = blocks,
            Records = records,
            NameBook = nameBook,
            State = state,
            ConsensusCache = consensus,
            VoteCache = vote,
            LookUp = configuration.Roles.HasFlag(NodeRoles.Exit) ? SystemResolver.LookUpAsync : null,
            Denylist = parts.Outside.Denylist,
            Loggers = parts.Outside.Loggers,
            Observer = recorder,
        };
        var options = OptionsOf(configuration) with { Limits = parts.Outside.Limits };
        return new OpenedNode(new VeilNode(options, (keys, slab), seams), seams, transport, recorder);
    }

    private static T Keep<T>(Stack<IAsyncDisposable> opened, T part)
        where T : IAsyncDisposable
    {
        opened.Push(part);
        return part;
    }

    private static NodeKeys? OpenKeys(
        NodeConfiguration configuration,
        DataPaths paths,
        SecretSource secrets,
        KeySlab slab)
    {
        if (!configuration.AcceptsLinks)
        {
            return null;
        }

        bool isAuthority = configuration.Roles.HasFlag(NodeRoles.Authority);
        var keys = KeyFile.LoadOrCreate(paths.Keys, isAuthority, secrets, slab);
        return !isAuthority || configuration.Network.IndexOf(keys.Relay) >= 0
            ? keys
            : throw new NodeStartException(
                "not_authority",
                $"the keys in {paths.Keys} are of no authority of the network \"{configuration.Network.Name}\"",
                "use the folder and the network file that one and the same `veil network new` made");
    }

    private static async Task<IBlockStore> OpenBlocksAsync(
        NodeConfiguration configuration,
        DataPaths paths,
        (TimeProvider Time, DecisionSource Decisions) seams,
        CancellationToken cancellationToken) =>
        await SegmentStore.OpenAsync(
            new SegmentStoreOptions
            {
                Folder = paths.Blocks,
                QuotaBytes = configuration.Quota,
                CompactBelowPercent = configuration.CompactBelow,
                FlushInterval = SegmentStoreOptions.PacedFlush,
            },
            seams.Time,
            seams.Decisions,
            cancellationToken);

    private static NodeOptions OptionsOf(NodeConfiguration configuration) => new()
    {
        Name = configuration.Name,
        Network = configuration.Network,
        Roles = configuration.Roles,
        Listen = configuration.AcceptsLinks ? configuration.Listen : null,
        Advertise = configuration.Advertise,
        Socks = configuration.Roles.HasFlag(NodeRoles.Gateway) ? configuration.Socks : null,
        Weight = configuration.Weight,
        Exit = configuration.Exit,
        Keeping = configuration.Keeping,
        Tariff = configuration.Tariff,
        Stores = new StoreClientOptions { MaxPrice = configuration.MaxPrice },
        Upkeep = configuration.Upkeep,
        Drain = configuration.Drain,
    };
}
