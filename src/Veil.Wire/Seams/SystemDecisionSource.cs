using System.Security.Cryptography;

namespace Veil.Wire.Seams;

/// <summary>The product's decisions: the operating system's CSPRNG. Safe for concurrent use.</summary>
public sealed class SystemDecisionSource : DecisionSource
{
    /// <inheritdoc/>
#pragma warning disable RS0030 // The one place that owns the operating system's generator for decisions.
    public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
#pragma warning restore RS0030
}
