namespace Veil.Node.Names;

/// <summary>What a node remembers of names, as it is written (spec/state.md, section 5).</summary>
internal sealed record NameBookDocument(IReadOnlyList<SeenDocument> Seen, IReadOnlyList<KeptDocument> Names);

/// <summary>A name that was seen: hashes only.</summary>
internal sealed record SeenDocument(string Id, ulong Sequence, string Target);

/// <summary>A name that is kept alive.</summary>
internal sealed record KeptDocument(string Address, bool Followed, bool Own, IReadOnlyList<string> Records);
