using CsCheck;
using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Content.Manifests;
using Veil.Content.Names;
using Veil.Content.Publishing;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>Statements and signatures on their way through a manifest: spec/manifest.md, sections 7 and 8.</summary>
public sealed class SignedManifestTests
{
    private static readonly NameKey _key = NameKey.FromSeed(ContentRig.Bytes(32, seed: 3));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_stated_and_signed_comes_back_and_previous_opens_the_version_before()
    {
        ContentRig rig = new(stores: 12);
        var first = await rig.PublishAsync("old"u8.ToArray());
        ManifestStatements said = new()
        {
            Licence = "MIT OR Apache-2.0",
            RightsHolder = "Ada",
            Previous = first.Key,
        };
        var second = await PublishAsync(rig, said, _key);

        await using var content = await rig.Reader.OpenAsync(second.Key, ContentRig.Group, Cancelled);

        Assert.Equal(said, content.Statements);
        Assert.Equal(_key.Address, content.Signer);
        Assert.Equal("old"u8.ToArray(), await rig.FetchAsync(content.Statements.Previous!));
        Assert.Equal("new"u8.ToArray(), await rig.FetchAsync(second.Key));
        Assert.Equal("ManifestStatements", $"{content.Statements}");

        await using var plain = await rig.Reader.OpenAsync(first.Key, ContentRig.Group, Cancelled);
        Assert.Equal((ManifestStatements.None, null), (plain.Statements, plain.Signer));
    }

    [Fact]
    public async Task A_signature_that_does_not_hold_is_an_error_of_its_own_and_never_no_signature()
    {
        ContentRig rig = new(stores: 12);
        var signed = ManifestCodec.Encode(Sign(Sample()));
        var place = ManifestCodec.FindSignature(signed)!.Value;

        // In the signature, in the rights holder, and with another signer.
        signed[place] ^= 1;
        Assert.Equal(ContentFault.SignatureWrong, await FaultAsync(rig, signed));
        signed[place] ^= 1;
        signed[signed.AsSpan().IndexOf("Ada"u8)] = (byte)'a';
        Assert.Equal(ContentFault.SignatureWrong, await FaultAsync(rig, signed));
        var sample = Sample();
        using var other = NameKey.FromSeed(ContentRig.Bytes(32, seed: 4));
        var taken = Sign(sample) with
        {
            Signature = new ManifestSignature(other.Address, Sign(sample).Signature!.Value),
        };
        Assert.Equal(ContentFault.SignatureWrong, await FaultAsync(rig, ManifestCodec.Encode(taken)));
    }

    [Fact]
    public void A_signature_covers_every_byte_also_of_additions()
    {
        // A map of one entry more: key 200 with the number 7, which older readers ignore.
        var open = ManifestCodec.Encode(Sample() with { Signature = ManifestSignature.Blank(_key.Address) });
        open[0]++;
        byte[] bytes = [.. open, 0x18, 200, 7];
        _key.SignManifest(bytes).CopyTo(bytes.AsSpan(ManifestCodec.FindSignature(bytes)!.Value));
        Assert.True(ManifestCodec.TryDecode(bytes, out var whole) && whole.Signature!.Holds(bytes));

        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte[1, 255]).Sample((position, change) =>
        {
            var damaged = bytes.ToArray();
            damaged[position] ^= change;
            if (ManifestCodec.TryDecode(damaged, out var read) && read.Signature is { } signature)
            {
                Assert.False(signature.Holds(damaged));
            }
        });
    }

    [Fact]
    public async Task Nothing_is_published_when_the_signature_that_is_given_does_not_hold()
    {
        ContentRig rig = new(stores: 12);
        PublishSource source = new(new MemoryStream("new"u8.ToArray()), 3, "a.txt")
        {
            Signer = new ManifestSigner(_key.Address, (_, _) => Task.FromResult(new byte[64])),
        };

        var failure = await Assert.ThrowsAsync<PublishException>(
            () => rig.Publisher.PublishAsync(source, new PublishOptions(), null, Cancelled));

        Assert.Equal(PublishFault.NotSigned, failure.Fault);
    }

    private static Manifest Sample()
    {
        ReadCapability capability = new(ErisLayout.BlockBytes, 0, default, default);
        return new Manifest("a.txt", new ContentSize(3), "text/plain", new(capability, capability), default)
        {
            Statements = new ManifestStatements { RightsHolder = "Ada", Previous = new ContentKey(capability) },
        };
    }

    private static Manifest Sign(Manifest manifest)
    {
        var open = ManifestCodec.Encode(manifest with { Signature = ManifestSignature.Blank(_key.Address) });
        return manifest with { Signature = new ManifestSignature(_key.Address, _key.SignManifest(open)) };
    }

    private static Task<Publication> PublishAsync(ContentRig rig, ManifestStatements said, NameKey key) =>
        rig.Publisher.PublishAsync(
            new PublishSource(new MemoryStream("new"u8.ToArray()), 3, "a.txt")
            {
                Statements = said,
                Signer = new ManifestSigner(key.Address, (bytes, _) => Task.FromResult(key.SignManifest(bytes))),
            },
            new PublishOptions(),
            null,
            Cancelled);

    // Puts any bytes where a manifest is looked for.
    private static async Task<ContentFault> FaultAsync(ContentRig rig, byte[] manifest)
    {
        List<(BlockRef Reference, byte[] Block)> blocks = [];
        using ErisEncoder encoder = new(
            ErisLayout.BlockBytes, new byte[32], block => blocks.Add((block.Reference, block.Ciphertext.ToArray())));
        encoder.Append(manifest);
        ContentKey key = new(encoder.Finish());
        foreach (var store in rig.Stores.Ring.Stores)
        {
            foreach (var (reference, block) in blocks)
            {
                await rig.Stores.StoreAsync(ContentRig.Group, store, reference, block, Cancelled);
            }
        }

        return await rig.FaultOfAsync(key);
    }
}
