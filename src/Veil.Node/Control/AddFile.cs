namespace Veil.Node.Control;

/// <summary>What is sent to be published.</summary>
/// <param name="Name">As readers shall see it.</param>
/// <param name="Length">Bytes that <paramref name="CopyToAsync"/> writes, exactly.</param>
/// <param name="CopyToAsync">
/// Writes the content. What it throws ends the publication, because the node only takes a body that ends properly.
/// </param>
public sealed record AddFile(string Name, long Length, Func<Stream, CancellationToken, Task> CopyToAsync);

/// <summary>A file that was fetched.</summary>
/// <param name="Name">As its publisher named it; one harmless path component.</param>
/// <param name="Length">In bytes.</param>
public sealed record FetchedFile(string Name, long Length);
