namespace Veil.Noise;

/// <summary>
/// A <see cref="KeySlab"/> has lent all the slots of its bound: the owner refuses new circuits or links.
/// </summary>
public sealed class KeySlabExhaustedException : InvalidOperationException
{
    /// <summary>Says that the bound is reached.</summary>
    public KeySlabExhaustedException()
        : base("The key slab has reached its bound.")
    {
    }

    /// <summary>Says why.</summary>
    public KeySlabExhaustedException(string message)
        : base(message)
    {
    }

    /// <summary>Says why, and what led there.</summary>
    public KeySlabExhaustedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
