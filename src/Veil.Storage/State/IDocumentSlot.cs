namespace Veil.Storage.State;

/// <summary>
/// The edge to one document that a node keeps between runs (spec/state.md, section 4). In the product: a file; in the
/// simulation: memory. Who reads it verifies it. Safe for concurrent use.
/// </summary>
public interface IDocumentSlot : IAsyncDisposable
{
    /// <summary>What was written last; empty if nothing ever was.</summary>
    /// <exception cref="IOException">It cannot be read, or is longer than the slot allows.</exception>
    ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Replaces the document; durable when the task completes. The bytes must not change before.</summary>
    /// <exception cref="IOException">It cannot be written; the old one is still there.</exception>
    /// <exception cref="ArgumentException">It is empty or longer than the slot allows.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> document, CancellationToken cancellationToken);
}
