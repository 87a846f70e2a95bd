using Veil.Noise;
using Veil.Noise.Ciphers;
using Veil.Noise.Hashes;
using Veil.Noise.Patterns;
using Xunit;

namespace Veil.Tests.Noise;

/// <summary>
/// The public vectors of the Noise community, by which the machine under Veil's handshakes is proven. Left out by
/// rule: 448 and psk, which are not implemented.
/// </summary>
public sealed class NoiseVectorTests
{
    public static TheoryData<string> Suites =>
    [
        "ChaChaPoly_SHA256", "ChaChaPoly_SHA512", "ChaChaPoly_BLAKE2s", "ChaChaPoly_BLAKE2b",
        "AESGCM_SHA256", "AESGCM_SHA512", "AESGCM_BLAKE2s", "AESGCM_BLAKE2b",
    ];

    [Fact]
    public void Only_448_and_psk_are_left_out()
    {
        IReadOnlyList<NoiseVector> all = NoiseVector.Load();
        Assert.Equal(944, all.Count);
        Assert.Equal(472, all.Count(vector => vector.Dh == "448"));
        IReadOnlyList<NoiseVector> rest = [.. all.Where(vector => vector.Dh == "25519")];
        Assert.Equal(168, rest.Count(vector => vector.Pattern.Contains("psk", StringComparison.Ordinal)));
        Assert.Equal(304, rest.Count(vector => HandshakePatterns.Standard.ContainsKey(vector.Pattern)));
        Assert.Equal(38, HandshakePatterns.Standard.Count);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Every_pattern_gives_the_published_bytes_and_refuses_forgeries(string suite)
    {
        using KeySlab slab = new(16);
        int vectors = 0;
        int handshakeMessages = 0;
        int transportMessages = 0;
        int forgeries = 0;
        foreach (NoiseVector vector in NoiseVector.Load())
        {
            bool known = HandshakePatterns.Standard.ContainsKey(vector.Pattern);
            if (vector.Dh != "25519" || vector.Suite != suite || !known)
                continue;
            (int handshake, int transport, int refused) = suite switch
            {
                "ChaChaPoly_SHA256" => Replay<ChaChaPolyCipher, Sha256Hash>(vector, slab),
                "ChaChaPoly_SHA512" => Replay<ChaChaPolyCipher, Sha512Hash>(vector, slab),
                "ChaChaPoly_BLAKE2s" => Replay<ChaChaPolyCipher, Blake2sHash>(vector, slab),
                "ChaChaPoly_BLAKE2b" => Replay<ChaChaPolyCipher, Blake2bHash>(vector, slab),
                "AESGCM_SHA256" => Replay<AesGcmCipher, Sha256Hash>(vector, slab),
                "AESGCM_SHA512" => Replay<AesGcmCipher, Sha512Hash>(vector, slab),
                "AESGCM_BLAKE2s" => Replay<AesGcmCipher, Blake2sHash>(vector, slab),
                _ => Replay<AesGcmCipher, Blake2bHash>(vector, slab),
            };
            vectors++;
            handshakeMessages += handshake;
            transportMessages += transport;
            forgeries += refused;
        }

        int expected = HandshakePatterns.Standard.Values.Sum(pattern => pattern.Messages.Length);
        Assert.Equal(38, vectors);
        Assert.Equal(expected, handshakeMessages);
        Assert.Equal((38 * 6) - expected, transportMessages);
        Assert.Equal(3 * expected, forgeries);
        Assert.Equal(0, slab.Rented);
    }

    private static (int Handshake, int Transport, int Refused) Replay<TCipher, THash>(NoiseVector vector, KeySlab slab)
        where TCipher : INoiseCipher
        where THash : INoiseHash
    {
        NoiseReplay<TCipher, THash> replay = new(vector, slab);
        replay.Run();
        return (replay.HandshakeMessages, replay.TransportMessages, replay.ForgeriesRefused);
    }
}
