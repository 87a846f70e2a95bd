namespace Veil.Wire.Stamps;

/// <summary>What is found by searching, and carried in a PUT (spec/stamp.md, section 2). 8 bytes; 0 where nothing is
/// asked.</summary>
public readonly record struct Stamp(ulong Nonce)
{
    /// <summary>Length on the wire.</summary>
    public const int Bytes = sizeof(ulong);

    /// <summary>The stamp that costs nothing and buys where nothing is asked.</summary>
    public static Stamp None { get; }
}
