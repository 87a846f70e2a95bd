using Veil.Noise;
using Xunit;

namespace Veil.Tests.Noise;

public sealed class StaticKeyPairTests
{
    [Fact]
    public void An_exported_key_imports_as_the_same_pair()
    {
        using KeySlab slab = new(4);
        using StaticKeyPair pair = StaticKeyPair.Generate(new CountingSecrets(3), slab);
        byte[] raw = new byte[StaticKeyPair.KeyLength];
        pair.ExportPrivateKey(raw);
        using StaticKeyPair again = StaticKeyPair.Import(raw, slab);
        Assert.Equal(pair.PublicKey, again.PublicKey);
        Assert.True(StaticKeyPair.IsUsablePublicKey(pair.PublicKey));
        Assert.False(StaticKeyPair.IsUsablePublicKey(pair.PublicKey[..31]));
        Assert.DoesNotContain(Convert.ToHexString(raw), $"{pair}", StringComparison.OrdinalIgnoreCase);
    }

    // RFC 7748, section 5.2: one iteration, the base point times 9.
    [Fact]
    public void The_public_key_is_that_of_rfc7748()
    {
        using KeySlab slab = new(1);
        byte[] nine = new byte[32];
        nine[0] = 9;
        using StaticKeyPair pair = StaticKeyPair.Import(nine, slab);
        Assert.Equal(
            "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
            Convert.ToHexStringLower(pair.PublicKey));
    }

    [Fact]
    public void After_disposal_the_slot_is_back_and_use_is_misuse()
    {
        using KeySlab slab = new(1);
        StaticKeyPair pair = StaticKeyPair.Generate(new CountingSecrets(3), slab);
        pair.Dispose();
        pair.Dispose();
        Assert.Equal(0, slab.Rented);
        Assert.Throws<ObjectDisposedException>(() => pair.ExportPrivateKey(new byte[32]));
        Assert.Throws<ArgumentException>(() => StaticKeyPair.Import(new byte[31], slab));
        Assert.Equal(0, slab.Rented);
    }
}
