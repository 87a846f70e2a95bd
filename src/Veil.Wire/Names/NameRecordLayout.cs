namespace Veil.Wire.Names;

/// <summary>Where what stands in a record of a name, and its limits (spec/name.md, sections 3 and 4).</summary>
public static class NameRecordLayout
{
    /// <summary>Every record, so that its size tells nothing.</summary>
    public const int Bytes = 512;

    /// <summary>The only version.</summary>
    public const byte Version = 1;

    /// <summary>Version (1), zeros (3), day (4), sequence (8), blinded key (32).</summary>
    public const int HeaderBytes = 48;

    /// <summary>Of the cipher, after the header.</summary>
    public const int NonceBytes = 24;

    /// <summary>Of the cipher, after the ciphertext.</summary>
    public const int TagBytes = 16;

    /// <summary>What the signature is over, after its domain.</summary>
    public const int SignedBytes = Bytes - SignatureBytes;

    /// <summary>Ed25519, at the end.</summary>
    public const int SignatureBytes = 64;

    /// <summary>What is encrypted.</summary>
    public const int PlaintextBytes = SignedBytes - HeaderBytes - NonceBytes - TagBytes;

    /// <summary>Days before the present one whose records live.</summary>
    public const int DaysBehind = 1;

    /// <summary>Days after the present one whose records stores take.</summary>
    public const int DaysAhead = 31;

    internal const int DayOffset = 4;
    internal const int SequenceOffset = 8;
    internal const int KeyOffset = 16;

    /// <summary>Whether stores keep records of this day now.</summary>
    public static bool IsKept(NameDay day, NameDay today) =>
        day.IsWithin(today.Plus(-DaysBehind), today.Plus(DaysAhead));
}
