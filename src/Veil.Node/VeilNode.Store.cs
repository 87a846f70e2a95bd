using Veil.Content.Names;
using Veil.Node.Roles;
using Veil.Node.Stores;
using Veil.Storage.Segments;
using Veil.Wire;

namespace Veil.Node;

/// <summary>What a node with a store on a disk does for it.</summary>
public sealed partial class VeilNode
{
    /// <summary>How its store is looked after and drained; null for a node without a store on a disk.</summary>
    internal StoreService? Store { get; }

    private StoreService? NewStore() => _seams.Blocks is not SegmentStore store
        ? null
        : new StoreService(
            store,
            Options.Upkeep,
            _seams,
            onChange => new StoreDrain(
                store,
                _blocks,
                _keys!.Relay,
                (_seams.Time, _seams.Decisions, _seams.State),
                Options.Drain)
            {
                Records = _seams.Records is { } records
                    ? new RecordHandOver(records, new NamePlacer(_blocks, _seams.Time), _keys.Relay)
                    : null,
                Denylist = _seams.Denylist,
                IsLive = IsLive,
                OnChange = onChange,
            },
            _logger);

    // Whether the network can be used, and its clock and ours agree.
    private bool IsLive() => Consensus?.IsLive(_seams.Time.GetUtcNow()) == true;

    private NodeServices NewServices(RelayId self) => new(Options, _seams, _context, self, () => Consensus)
    {
        TakesNothing = TakesNothing,
    };

    private bool TakesNothing() => Store?.Drain.IsOn == true;

    // Before links are accepted: a store that was being drained takes nothing from its first moment on.
    private async Task StartStoreAsync(CancellationToken cancellationToken)
    {
        if (Store is { } store)
        {
            await store.Drain.RecallAsync(cancellationToken);
            _scope.Start(token => KeepRunningAsync(store.RunAsync, token));
        }
    }
}
