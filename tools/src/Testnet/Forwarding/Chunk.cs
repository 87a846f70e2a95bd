namespace Veil.Tools.Testnet.Forwarding;

/// <summary>What a chunk says.</summary>
internal enum ChunkKind
{
    /// <summary>Bytes.</summary>
    Data,

    /// <summary>The sender has finished; the other direction goes on.</summary>
    End,

    /// <summary>The sender broke the connection.</summary>
    Reset,
}

/// <summary>Bytes on their way, or the end of them.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Buffer">Rented from the shared pool; empty unless it is data.</param>
/// <param name="Length">How many of the buffer's bytes count.</param>
internal readonly record struct Chunk(ChunkKind Kind, byte[] Buffer, int Length);
