namespace Veil.Content.Publishing;

/// <summary>What is to be published.</summary>
/// <param name="Content">
/// Read once from its present position to its end, of which it must tell: a file, or what comes over a connection. Who
/// gives it disposes it, and limits how long it may take.
/// </param>
/// <param name="Length">Bytes that it must have.</param>
/// <param name="Name">Altered where it does not comply (spec/manifest.md, section 2).</param>
public sealed record PublishSource(Stream Content, long Length, string Name)
{
    /// <summary>Asked when all was read: false where the source is known to have changed meanwhile.</summary>
    public Func<bool> IsUnchanged { get; init; } = () => true;
}
