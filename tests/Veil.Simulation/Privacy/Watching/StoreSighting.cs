using Veil.Wire;

namespace Veil.Simulation.Privacy.Watching;

/// <summary>One request as the store that carried it out could write it down (spec/privacy.md, section 4).</summary>
/// <param name="At">When the block had arrived whole, or was sent.</param>
/// <param name="Store">The store's number.</param>
/// <param name="Reference">Which block.</param>
/// <param name="Stored">Stored, or served.</param>
/// <param name="Branch">The circuit that it came over.</param>
public sealed record StoreSighting(TimeSpan At, int Store, BlockRef Reference, bool Stored, StoreBranch Branch);

/// <summary>A circuit that ends at a store.</summary>
/// <param name="Number">Its own number, unique in the run.</param>
/// <param name="OpenedAt">When the store answered its CREATE.</param>
/// <param name="Third">The relay that it came from: the trunk's third hop, which the store sees.</param>
/// <param name="Trunk">The trunk that it is a branch of, unique in the run; only its third hop knows.</param>
/// <param name="Second">The relay before the third hop; only it and the third hop know.</param>
/// <param name="Guard">The relay before that; only it and the second hop know.</param>
public sealed record StoreBranch(int Number, TimeSpan OpenedAt, int Third, int Trunk, int Second, int Guard);
