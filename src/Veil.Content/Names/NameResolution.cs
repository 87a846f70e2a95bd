using Veil.Wire.Names;

namespace Veil.Content.Names;

/// <summary>What stores say that a name stands for (spec/name.md, section 6).</summary>
/// <param name="Content">Of the record with the highest sequence number.</param>
/// <param name="Record">That record.</param>
/// <param name="Other">Another one of its day and number with other content: a fork, and both are its proof.</param>
public sealed record NameResolution(NameContent Content, NameRecord Record, NameRecord? Other)
{
    /// <summary>Whether its owner, or who has the key as well, has signed two contents under one number.</summary>
    public bool IsForked => Other is not null;

    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(NameResolution);
}
