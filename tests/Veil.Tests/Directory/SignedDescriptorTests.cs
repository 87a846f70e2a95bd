using Veil.Directory.Documents;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Directory;

public sealed class SignedDescriptorTests
{
    [Fact]
    public void A_descriptor_survives_signing_and_opening()
    {
        var network = DirectoryRig.Network();
        var descriptor = DirectoryRig.Descriptor(network, 1) with
        {
            Addresses = [DirectoryRig.Address("20.1.1.1:4000"), DirectoryRig.Address("[2a00::1]:4001")],
            Family = DirectoryRig.Filled(9, 9),
            Versions = [1, 2],
        };

        Assert.True(SignedDescriptor.TryOpen(DirectoryRig.Sign(descriptor, 1), network, out var opened));

        Assert.Equal(descriptor.Addresses, opened.Descriptor.Addresses);
        Assert.Equal(descriptor.Versions, opened.Descriptor.Versions);
        var same = opened.Descriptor with { Addresses = descriptor.Addresses, Versions = descriptor.Versions };
        Assert.Equal(descriptor, same);
    }

    [Fact]
    public void Any_changed_byte_is_refused()
    {
        var network = DirectoryRig.Network();
        var bytes = DirectoryRig.Sign(DirectoryRig.Descriptor(network, 1), 1).ToArray();
        for (var index = 0; index < bytes.Length; index++)
        {
            var changed = bytes.ToArray();
            changed[index] ^= 0x40;
            Assert.False(SignedDescriptor.TryOpen(changed, network, out _), $"byte {index}");
        }
    }

    [Fact]
    public void Any_other_length_is_refused()
    {
        var network = DirectoryRig.Network();
        var bytes = DirectoryRig.Sign(DirectoryRig.Descriptor(network, 1), 1).ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(SignedDescriptor.TryOpen(bytes.AsMemory(0, length), network, out _));
        }

        Assert.False(SignedDescriptor.TryOpen(bytes.Append((byte)0).ToArray(), network, out _));
        Assert.False(SignedDescriptor.TryOpen(new byte[DocumentLimits.MaxDescriptorBytes + 1], network, out _));
    }

    [Fact]
    public void Content_behind_a_valid_signature_is_checked_too()
    {
        var network = DirectoryRig.Network();
        using var key = DirectoryRig.KeyOf(3, 1);
        var body = DirectoryRig.Descriptor(network, 1).EncodeBody();
        for (var index = 0; index < body.Length; index++)
        {
            // Whatever the signer puts there: opened or refused, never an exception.
            var changed = body.ToArray();
            changed[index] ^= 0xff;
            _ = SignedDescriptor.TryOpen(
                DocumentSignature.Seal(RelayDescriptor.Purpose, key, changed), network, out _);
        }

        byte[] trailing = [.. body, 0];
        var sealedTrailing = DocumentSignature.Seal(RelayDescriptor.Purpose, key, trailing);
        Assert.False(SignedDescriptor.TryOpen(sealedTrailing, network, out _));
        // A longer form of the first integer is another encoding of the same value.
        byte[] longForm = [body[0], 0x18, 0x01, .. body[2..]];
        var sealedLong = DocumentSignature.Seal(RelayDescriptor.Purpose, key, longForm);
        Assert.False(SignedDescriptor.TryOpen(sealedLong, network, out _));
    }

    [Fact]
    public void A_signature_for_another_purpose_is_refused()
    {
        var network = DirectoryRig.Network();
        using var key = DirectoryRig.KeyOf(3, 1);
        var body = DirectoryRig.Descriptor(network, 1).EncodeBody();
        var bytes = DocumentSignature.Seal(AuthorityVote.Purpose, key, body);
        Assert.False(SignedDescriptor.TryOpen(bytes, network, out _));
    }

    [Fact]
    public void A_descriptor_of_another_network_is_refused()
    {
        var bytes = DirectoryRig.Sign(DirectoryRig.Descriptor(DirectoryRig.Network(lab: true), 1), 1);
        Assert.False(SignedDescriptor.TryOpen(bytes, DirectoryRig.Network(lab: false), out _));
    }

    [Theory]
    [InlineData("127.0.0.1:4000")]
    [InlineData("10.1.1.1:4000")]
    [InlineData("[::1]:4000")]
    public void Only_a_lab_network_allows_addresses_that_are_not_public(string address)
    {
        foreach (var lab in (bool[])[true, false])
        {
            var network = DirectoryRig.Network(lab: lab);
            var descriptor = DirectoryRig.Descriptor(network, 1) with { Addresses = [DirectoryRig.Address(address)] };
            Assert.Equal(lab, SignedDescriptor.TryOpen(DirectoryRig.Sign(descriptor, 1), network, out _));
        }
    }

    [Fact]
    public void Impossible_values_cannot_be_signed()
    {
        var good = DirectoryRig.Descriptor(DirectoryRig.Network(), 1);
        RelayDescriptor[] bad =
        [
            good with { Addresses = [] },
            good with { Addresses = [.. Enumerable.Repeat(good.Addresses[0], 2)] },
            good with { Roles = RelayRoles.None },
            good with { Roles = (RelayRoles)8 },
            good with { Weight = 0 },
            good with { Weight = DocumentLimits.MaxWeight + 1 },
            good with { Versions = [] },
            good with { Versions = [1, 3] },
            good with { Versions = [2, 1] },
            good with { LinkKey = default },
            good with { OnionKey = default },
        ];
        Assert.All(bad, descriptor => Assert.Throws<InvalidOperationException>(descriptor.EncodeBody));
    }
}
