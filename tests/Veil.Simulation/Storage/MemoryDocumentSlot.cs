using Veil.Storage.State;

namespace Veil.Simulation.Storage;

/// <summary>A document that a node of the simulation keeps. Belongs to one scheduler, hence has no locks.</summary>
public sealed class MemoryDocumentSlot(int maxBytes) : IDocumentSlot
{
    /// <summary>What is kept; a test may damage it.</summary>
    public byte[] Bytes { get; set; } = [];

    /// <summary>How often it was written.</summary>
    public int Writes { get; private set; }

    /// <inheritdoc/>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) =>
        Bytes.Length > maxBytes
            ? throw new IOException($"a document of {Bytes.Length} bytes: at most {maxBytes} are read")
            : ValueTask.FromResult<ReadOnlyMemory<byte>>(Bytes.ToArray());

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> document, CancellationToken cancellationToken)
    {
        if (document.IsEmpty || document.Length > maxBytes)
        {
            throw new ArgumentException($"a document of {document.Length} bytes: 1 to {maxBytes}", nameof(document));
        }

        Bytes = document.ToArray();
        Writes++;
        return ValueTask.CompletedTask;
    }

    /// <summary>Keeps everything: a node that is started again gets the same document.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
