namespace Veil.Node.Hosting;

/// <summary>What a node asks of the processor.</summary>
public static class Processor
{
    /// <summary>Whether it has AES instructions. Without them AEGIS-256 is slow and, by its look-ups in tables, tells
    /// something of its keys to who shares the processor: relays do not run so; a client may.</summary>
    public static bool HasAes =>
        System.Runtime.Intrinsics.X86.Aes.IsSupported || System.Runtime.Intrinsics.Arm.Aes.IsSupported;
}
