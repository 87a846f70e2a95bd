using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Content.Names;
using Veil.Wire.Names;

namespace Veil.Tests.Content.Names;

/// <summary>Keys, contents and records that are the same in every run.</summary>
internal static class NameRig
{
    public static NameDay Today { get; } = new(20_000);

    public static NameKey Key(byte seed) => NameKey.FromSeed(Enumerable.Repeat(seed, NameKey.SeedBytes).ToArray());

    public static ContentKey Target(byte fill)
    {
        byte[] capability = [0x0F, 0, .. Enumerable.Repeat(fill, ReadCapability.Bytes - 2)];
        return ReadCapability.TryParse(capability, out var parsed)
            ? new ContentKey(parsed!)
            : throw new InvalidOperationException("a capability of 32 KiB blocks");
    }

    public static NameRecord Record(NameKey key, ulong sequence, byte target = 1, int day = 0) =>
        key.Sign(new NameContent(sequence, Target(target), Today.Plus(NameKey.DaysAhead)), Today.Plus(day));
}
