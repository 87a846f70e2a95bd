namespace Veil.Noise;

/// <summary>
/// One rented 32-byte slot of a <see cref="KeySlab"/>. Whoever rented it owns it and returns it exactly once;
/// the value is a capability, so it is not copied to a second owner. <see cref="ToString"/> tells nothing.
/// </summary>
public readonly struct KeySlot : IEquatable<KeySlot>
{
    private readonly nint _address;

    internal KeySlot(nint address) => _address = address;

    /// <summary>Where its memory begins.</summary>
    internal nint Address => _address;

    internal bool IsNull => _address == 0;

    /// <summary>The key's 32 bytes. Reads and writes only between rent and return; throws on a default value.</summary>
    public unsafe Span<byte> DangerousBytes => _address == 0
        ? throw new InvalidOperationException("The slot was never rented.")
        : new Span<byte>((void*)_address, KeySlab.SlotLength);

    /// <inheritdoc/>
    public bool Equals(KeySlot other) => _address == other._address;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeySlot other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _address.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => nameof(KeySlot);

    /// <summary>Whether both are the same slot.</summary>
    public static bool operator ==(KeySlot left, KeySlot right) => left.Equals(right);

    /// <summary>Whether the two are different slots.</summary>
    public static bool operator !=(KeySlot left, KeySlot right) => !left.Equals(right);
}
