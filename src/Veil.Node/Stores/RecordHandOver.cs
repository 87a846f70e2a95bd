using Veil.Content.Names;
using Veil.Storage.Records;
using Veil.Wire;

namespace Veil.Node.Stores;

/// <summary>What a drain does with the records of names (spec/store.md, section 12).</summary>
/// <param name="Records">The store's. Not disposed here.</param>
/// <param name="Placer">Brings one to the store that comes into this one's place.</param>
/// <param name="Self">The store itself.</param>
internal sealed record RecordHandOver(RecordStore Records, NamePlacer Placer, RelayId Self);
