using Veil.Content.Edge;
using Veil.Wire.Stamps;
using Veil.Wire.Store;

namespace Veil.Content.Stores;

/// <summary>How one PUT ended.</summary>
/// <param name="Outcome">For whoever asked.</param>
/// <param name="Refusal">Why the store refused; none where it did not, or nothing came.</param>
/// <param name="Price">What the store asks, where it answered.</param>
internal readonly record struct PutAnswer(StoreOutcome Outcome, StoreRefusal Refusal, StampPrice Price)
{
    /// <summary>Nothing came.</summary>
    internal static PutAnswer None { get; } = new(StoreOutcome.Failed, StoreRefusal.None, StampPrice.Free);
}
