using System.Text;
using Veil.Noise;
using Veil.Noise.Ciphers;
using Veil.Noise.Hashes;
using Xunit;

namespace Veil.Tests.Noise;

public sealed class HybridHandshakeTests : IDisposable
{
    private readonly KeySlab _slab = new(64);
    private readonly StaticKeyPair _responderKey;
    private readonly StaticKeyPair _initiatorKey;
    private readonly byte[] _prologue = new byte[HandshakePrologue.Length];

    public HybridHandshakeTests()
    {
        CountingSecrets secrets = new(7);
        _responderKey = StaticKeyPair.Generate(secrets, _slab);
        _initiatorKey = StaticKeyPair.Generate(secrets, _slab);
        HandshakePrologue.Write(_prologue, HandshakePurpose.Hop, 1, new byte[32], new byte[32], new byte[8]);
    }

    public static TheoryData<VeilPattern> Patterns => [VeilPattern.NKhfs, VeilPattern.XKhfs];

    public void Dispose()
    {
        _responderKey.Dispose();
        _initiatorKey.Dispose();
        Assert.Equal(0, _slab.Rented);
        _slab.Dispose();
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Both_ends_agree_and_every_message_has_the_specified_size(VeilPattern pattern)
    {
        using HybridHandshake initiator = Initiate(pattern);
        using HybridHandshake responder = Respond(pattern);
        int[] sizes = pattern == VeilPattern.NKhfs ? [1280, 1184] : [1280, 1184, 96];
        HybridHandshake writer = initiator;
        HybridHandshake reader = responder;
        foreach (int size in sizes)
        {
            Assert.False(initiator.IsComplete || responder.IsComplete);
            Assert.Equal(size, writer.NextMessageOverhead);
            Assert.Equal(size, reader.NextMessageOverhead);
            Exchange(writer, reader, Encoding.ASCII.GetBytes($"payload of a message of {size}"));
            (writer, reader) = (reader, writer);
        }

        Assert.True(initiator.IsComplete && responder.IsComplete);
        Assert.Equal(0, initiator.NextMessageOverhead);
        Assert.Equal(HashOf(initiator), HashOf(responder));
        Assert.Equal(_responderKey.PublicKey, initiator.RemoteStatic);
        if (pattern == VeilPattern.XKhfs)
            Assert.Equal(_initiatorKey.PublicKey, responder.RemoteStatic);
        else
            Assert.Throws<InvalidOperationException>(() => responder.RemoteStatic.Length);
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Every_flipped_byte_is_refused_and_leaves_the_state_unharmed(VeilPattern pattern)
    {
        using HybridHandshake initiator = Initiate(pattern);
        using HybridHandshake responder = Respond(pattern);
        HybridHandshake writer = initiator;
        HybridHandshake reader = responder;
        byte[] message = new byte[2048];
        byte[] payload = new byte[64];
        int flips = 0;
        while (!writer.IsComplete)
        {
            int length = writer.WriteMessage("payload"u8, message);
            for (int i = 0; i < length; i += 13)
            {
                message[i] ^= 0x10;
                Assert.False(reader.TryReadMessage(message.AsSpan(0, length), payload, out int none));
                Assert.Equal(0, none);
                message[i] ^= 0x10;
                flips++;
            }

            Assert.False(reader.TryReadMessage(message.AsSpan(0, length - 1), payload, out _));
            Assert.False(reader.TryReadMessage(message.AsSpan(0, length + 1), payload, out _));
            Assert.False(reader.TryReadMessage(message.AsSpan(0, 31), payload, out _));
            Assert.False(reader.TryReadMessage(default, payload, out _));
            Assert.True(reader.TryReadMessage(message.AsSpan(0, length), payload, out int bytes));
            Assert.Equal("payload"u8, payload.AsSpan(0, bytes));
            (writer, reader) = (reader, writer);
        }

        Assert.True(flips > 180, $"{flips} flips");
        Assert.Equal(HashOf(initiator), HashOf(responder));
    }

    [Fact]
    public void Lanes_and_directions_have_ciphers_of_their_own()
    {
        using HybridHandshake initiator = Initiate(VeilPattern.NKhfs);
        using HybridHandshake responder = Respond(VeilPattern.NKhfs);
        Assert.Throws<InvalidOperationException>(() => initiator.CreateSendCipher(_slab, 0));
        Exchange(initiator, responder, []);
        Exchange(responder, initiator, []);

        HashSet<string> seen = [];
        foreach (byte lane in new byte[] { 0, 1, 255 })
        {
            using CounterCipher forward = initiator.CreateSendCipher(_slab, lane, 2);
            using CounterCipher forwardEnd = responder.CreateReceiveCipher(_slab, lane, 2);
            using CounterCipher backward = responder.CreateSendCipher(_slab, lane, 2);
            using CounterCipher backwardEnd = initiator.CreateReceiveCipher(_slab, lane, 2);
            for (int i = 0; i < 5; i++)
            {
                Assert.True(seen.Add(Roundtrip(forward, forwardEnd)));
                Assert.True(seen.Add(Roundtrip(backward, backwardEnd)));
            }
        }

        Assert.Equal(30, seen.Count);
        Assert.Throws<InvalidOperationException>(() => initiator.CreateSendCipher(_slab, 1));
        Assert.Throws<InvalidOperationException>(() => initiator.CreateReceiveCipher(_slab, 1));
    }

    [Fact]
    public void A_different_prologue_is_refused()
    {
        using HybridHandshake initiator = Initiate(VeilPattern.NKhfs);
        for (int i = 0; i < HandshakePrologue.Length; i++)
        {
            byte[] other = [.. _prologue];
            other[i] ^= 1;
            using HybridHandshake responder =
                HybridHandshake.Respond(VeilPattern.NKhfs, other, _responderKey, new CountingSecrets(2));
            byte[] message = new byte[1280];
            using HybridHandshake fresh = Initiate(VeilPattern.NKhfs);
            fresh.WriteMessage([], message);
            Assert.False(responder.TryReadMessage(message, [], out _));
        }
    }

    [Fact]
    public void A_responder_key_of_small_order_is_misuse_and_an_ephemeral_one_is_refused()
    {
        Assert.Throws<ArgumentException>(() => HybridHandshake.Initiate(
            VeilPattern.NKhfs, _prologue, new byte[32], null, new CountingSecrets(1)));
        using HybridHandshake responder = Respond(VeilPattern.NKhfs);
        byte[] message = new byte[1280];
        Assert.False(responder.TryReadMessage(message, [], out _));
        using HybridHandshake initiator = Initiate(VeilPattern.NKhfs);
        Exchange(initiator, responder, []);
    }

    // Message 1 by hand, from the specification's equations: once as it should be, once with a coefficient of 4,095.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_encapsulation_key_that_is_not_reduced_is_refused(bool malformed)
    {
        byte[] ephemeral = [.. Enumerable.Repeat((byte)5, 32)];
        byte[] message = new byte[1280];
        X25519.ComputePublicKey(ephemeral, message.AsSpan(0, 32));
        byte[] encapsulationKey = new byte[MLKem768.EncapsulationKeyLength];
        MLKem768.GenerateKeyPair(new byte[64], encapsulationKey, new byte[MLKem768.DecapsulationKeyLength]);
        if (malformed)
            encapsulationKey.AsSpan(0, 2).Fill(0xff);
        byte[] shared = new byte[32];
        Assert.True(X25519.TryDiffieHellman(ephemeral, _responderKey.PublicKey, shared));

        using SymmetricState<Aegis256Cipher, Blake2bHash> symmetric = new();
        symmetric.Initialize("Noise_NKhfs_25519+MLKEM768_AEGIS256_BLAKE2b");
        symmetric.MixHash(_prologue);
        symmetric.MixHash(_responderKey.PublicKey);
        symmetric.MixHash(message.AsSpan(0, 32));
        symmetric.MixKey(shared);
        Assert.Equal(1216, symmetric.EncryptAndHash(encapsulationKey, message.AsSpan(32)));
        Assert.Equal(32, symmetric.EncryptAndHash([], message.AsSpan(1248)));

        using HybridHandshake responder = Respond(VeilPattern.NKhfs);
        Assert.Equal(!malformed, responder.TryReadMessage(message, [], out _));
        using HybridHandshake initiator = Initiate(VeilPattern.NKhfs);
        if (malformed)
            Exchange(initiator, responder, []);
        else
            Assert.Equal(1184, responder.WriteMessage([], new byte[1184]));
    }

    [Fact]
    public void Turns_and_missing_keys_are_misuse()
    {
        using HybridHandshake initiator = Initiate(VeilPattern.NKhfs);
        using HybridHandshake responder = Respond(VeilPattern.NKhfs);
        byte[] message = new byte[1280];
        Assert.Throws<InvalidOperationException>(() => initiator.TryReadMessage(message, [], out _));
        Assert.Throws<InvalidOperationException>(() => responder.WriteMessage([], message));
        Assert.Throws<ArgumentException>(() => initiator.WriteMessage([], message.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => initiator.WriteMessage(new byte[65_000], new byte[70_000]));
        Assert.Throws<ArgumentException>(() => HybridHandshake.Initiate(
            VeilPattern.XKhfs, _prologue, _responderKey.PublicKey, null, new CountingSecrets(1)));
        Assert.Throws<ArgumentException>(() => HybridHandshake.Initiate(
            VeilPattern.NKhfs, _prologue, _responderKey.PublicKey, _initiatorKey, new CountingSecrets(1)));
        initiator.Dispose();
        Assert.Throws<ObjectDisposedException>(() => initiator.WriteMessage([], message));
    }

    private static string Roundtrip(CounterCipher sender, CounterCipher receiver)
    {
        byte[] record = new byte[100 + CounterCipher.TagLength];
        sender.Seal(record, record.AsSpan(0, 100), "ad"u8);
        string text = Convert.ToHexString(record);
        record[3] ^= 1;
        Assert.False(receiver.TryOpen(new byte[100], record, "ad"u8));
        record[3] ^= 1;
        Assert.False(receiver.TryOpen(new byte[100], record, "da"u8));
        Assert.True(receiver.TryOpen(record.AsSpan(0, 100), record, "ad"u8));
        Assert.Equal(new byte[100], record[..100]);
        return text;
    }

    private static byte[] HashOf(HybridHandshake handshake)
    {
        byte[] hash = new byte[HybridHandshake.HandshakeHashLength];
        handshake.GetHandshakeHash(hash);
        return hash;
    }

    private static void Exchange(HybridHandshake writer, HybridHandshake reader, byte[] payload)
    {
        byte[] message = new byte[writer.NextMessageOverhead + payload.Length];
        Assert.Equal(message.Length, writer.WriteMessage(payload, message));
        byte[] received = new byte[payload.Length];
        Assert.True(reader.TryReadMessage(message, received, out int bytes));
        Assert.Equal(payload.Length, bytes);
        Assert.Equal(payload, received);
    }

    private HybridHandshake Initiate(VeilPattern pattern) => HybridHandshake.Initiate(
        pattern,
        _prologue,
        _responderKey.PublicKey,
        pattern == VeilPattern.XKhfs ? _initiatorKey : null,
        new CountingSecrets(1));

    private HybridHandshake Respond(VeilPattern pattern) =>
        HybridHandshake.Respond(pattern, _prologue, _responderKey, new CountingSecrets(2));
}
