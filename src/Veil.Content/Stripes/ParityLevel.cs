namespace Veil.Content.Stripes;

/// <summary>How much parity the stripes of an object have (spec/stripe.md, section 1).</summary>
public enum ParityLevel
{
    /// <summary>The usual one: a full stripe has 32 parity shares, so that any 32 of its 48 may be lost.</summary>
    Full = 0,

    /// <summary>Half of that: 16.</summary>
    Half = 1,

    /// <summary>A quarter of that: 8.</summary>
    Quarter = 2,
}
