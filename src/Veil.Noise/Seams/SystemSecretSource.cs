using System.Security.Cryptography;

namespace Veil.Noise.Seams;

/// <summary>The product's secrets: the operating system's CSPRNG. Safe for concurrent use.</summary>
public sealed class SystemSecretSource : SecretSource
{
    /// <inheritdoc/>
#pragma warning disable RS0030 // The one place that owns the operating system's generator for secrets.
    public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
#pragma warning restore RS0030
}
