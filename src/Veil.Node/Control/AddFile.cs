namespace Veil.Node.Control;

/// <summary>What is sent to be published.</summary>
/// <param name="Name">As readers shall see it.</param>
/// <param name="Length">Bytes that <paramref name="ReadAsync"/> gives in all, exactly.</param>
/// <param name="ReadAsync">
/// Reads on, 0 at the end. What it throws ends the publication, because the node only takes a body that ends properly:
/// let it throw at the end, too, when what was read cannot be trusted.
/// </param>
public sealed record AddFile(
    string Name,
    long Length,
    Func<Memory<byte>, CancellationToken, ValueTask<int>> ReadAsync);

/// <summary>A file that was fetched.</summary>
/// <param name="Name">As its publisher named it; one harmless path component.</param>
/// <param name="Length">In bytes.</param>
public sealed record FetchedFile(string Name, long Length);
