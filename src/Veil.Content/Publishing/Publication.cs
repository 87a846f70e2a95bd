using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Content.Stripes;

namespace Veil.Content.Publishing;

/// <summary>What was published.</summary>
/// <param name="Key">Reads it. Secret.</param>
/// <param name="RepairCapability">Keeps it alive without reading (spec/stripe.md, section 3).</param>
/// <param name="Name">As readers will see it.</param>
/// <param name="Bytes">Length of the file, or of all files of the folder.</param>
/// <param name="Counts">Blocks and shares.</param>
/// <param name="Redundancy">What it really gives.</param>
public sealed record Publication(
    ContentKey Key,
    ReadCapability RepairCapability,
    string Name,
    long Bytes,
    PublicationCounts Counts,
    Redundancy Redundancy);

/// <summary>How much was published.</summary>
/// <param name="Blocks">Blocks of data, stripe map and manifest, parity not counted.</param>
/// <param name="Shares">Shares of stripes, and copies of all other blocks.</param>
/// <param name="SharesAcknowledged">Those that a store has on disk.</param>
public readonly record struct PublicationCounts(long Blocks, long Shares, long SharesAcknowledged);

/// <summary>Why something could not be published.</summary>
public enum PublishFault
{
    /// <summary>The network has no stores.</summary>
    NoStores,

    /// <summary>Longer than 2^42 - 1 bytes.</summary>
    TooLarge,

    /// <summary>The file shrank, grew or changed while it was read.</summary>
    SourceChanged,

    /// <summary>The signature that was given does not hold.</summary>
    NotSigned,

    /// <summary>Some stripe or block reached fewer stores than it needs.</summary>
    TooFewAcknowledged,

    /// <summary>The same, and stores said that they are full.</summary>
    StoresFull,

    /// <summary>For a long time no store acknowledged anything.</summary>
    Stalled,
}

/// <summary>A publication that did not come about; the message names neither path nor key.</summary>
public sealed class PublishException(PublishFault fault, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public PublishFault Fault { get; } = fault;
}
