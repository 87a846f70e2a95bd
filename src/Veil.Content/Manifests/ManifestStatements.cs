using Veil.Content.Eris;
using Veil.Content.Keys;

namespace Veil.Content.Manifests;

/// <summary>
/// What a publisher says about content, and nobody checks (spec/manifest.md, section 7). Secret: it may carry a key.
/// </summary>
public sealed record ManifestStatements
{
    /// <summary>Nothing is said.</summary>
    public static ManifestStatements None { get; } = new();

    /// <summary>An expression that <see cref="SpdxExpression"/> accepts, or null.</summary>
    public string? Licence { get; init; }

    /// <summary>A text that <see cref="Manifests.RightsHolder"/> accepts, or null.</summary>
    public string? RightsHolder { get; init; }

    /// <summary>Opens the version before, or null.</summary>
    public ContentKey? Previous { get; init; }

    /// <summary>True where a manifest may say so.</summary>
    public bool IsPossible =>
        (Licence is null || SpdxExpression.IsValid(Licence))
        && (RightsHolder is null || Manifests.RightsHolder.IsValid(RightsHolder))
        && (Previous is null
            || (Previous.Capability.BlockBytes == ErisLayout.BlockBytes
                && Previous.Capability.Level <= ManifestCodec.MaxLevel));

    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(ManifestStatements);
}
