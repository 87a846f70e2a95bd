namespace Veil.Noise.Seams;

/// <summary>
/// Where secrets come from: ephemeral and long-lived private keys, convergence secrets.
/// The product has one implementation, <see cref="SystemSecretSource"/>; the seeded twin lives in the simulation.
/// </summary>
public abstract class SecretSource
{
    /// <summary>Fills <paramref name="destination"/> with bytes that nobody can guess.</summary>
    public abstract void Fill(Span<byte> destination);
}
