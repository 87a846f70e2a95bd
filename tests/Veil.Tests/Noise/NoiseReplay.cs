using Veil.Noise;
using Veil.Noise.Ciphers;
using Veil.Noise.Hashes;
using Veil.Noise.Patterns;
using Xunit;

namespace Veil.Tests.Noise;

/// <summary>Replays one vector with both roles, and its forgeries.</summary>
internal sealed class NoiseReplay<TCipher, THash>(NoiseVector vector, KeySlab slab)
    where TCipher : INoiseCipher
    where THash : INoiseHash
{
    private readonly HandshakePattern _pattern = HandshakePatterns.Standard[vector.Pattern];

    public int HandshakeMessages { get; private set; }

    public int TransportMessages { get; private set; }

    public int ForgeriesRefused { get; private set; }

    public void Run()
    {
        Assert.Equal(vector.ProtocolName, HandshakeState<TCipher, THash>.ProtocolName(_pattern));
        using StaticKeyPair? initiatorKey = Import(vector.InitiatorStatic);
        using StaticKeyPair? responderKey = Import(vector.ResponderStatic);
        using HandshakeState<TCipher, THash> initiator = Initiator(initiatorKey);
        using HandshakeState<TCipher, THash> responder = Responder(responderKey);
        for (int i = 0; i < _pattern.Messages.Length; i++)
        {
            NoiseVector.Message message = vector.Messages[i];
            (HandshakeState<TCipher, THash> writer, HandshakeState<TCipher, THash> reader) =
                i % 2 == 0 ? (initiator, responder) : (responder, initiator);
            byte[] payload = Convert.FromHexString(message.Payload);
            byte[] written = new byte[writer.NextMessageOverhead + payload.Length];
            Assert.Equal(reader.NextMessageOverhead, writer.NextMessageOverhead);
            Assert.True(writer.TryWriteMessage(payload, written, out int length));
            Assert.Equal(written.Length, length);
            Assert.Equal(message.Ciphertext, Convert.ToHexStringLower(written));
            if (!RefuseForgeries(reader, written, payload.Length))
                RefuseAnswerToForgery(written, payload.Length, initiatorKey, responderKey);
            byte[] read = new byte[payload.Length];
            Assert.True(reader.TryReadMessage(written, read, out int readLength));
            Assert.Equal(payload, read[..readLength]);
            HandshakeMessages++;
        }

        Assert.True(initiator.IsComplete && responder.IsComplete);
        Assert.Equal(vector.HandshakeHash, Convert.ToHexStringLower(initiator.HandshakeHash));
        Assert.Equal(vector.HandshakeHash, Convert.ToHexStringLower(responder.HandshakeHash));
        if (_pattern.InitiatorNeedsStatic)
            Assert.Equal(initiatorKey!.PublicKey, responder.RemoteStatic);
        if (_pattern.ResponderNeedsStatic)
            Assert.Equal(responderKey!.PublicKey, initiator.RemoteStatic);
        ReplayTransport(initiator, responder);
    }

    private static int[] TamperedPlaces(int length) => [0, length / 2, length - 1];

    // False if the message is not authenticated by itself (no key yet).
    private bool RefuseForgeries(HandshakeState<TCipher, THash> reader, byte[] message, int payloadLength)
    {
        if (HandshakeMessages == 0 && !_pattern.Messages[0].Any(IsMixing))
            return false;
        byte[] hash = [.. reader.HandshakeHash];
        byte[] payload = new byte[payloadLength];
        foreach (int place in TamperedPlaces(message.Length))
        {
            byte[] forged = [.. message];
            forged[place] ^= 0x01;
            Assert.False(reader.TryReadMessage(forged, payload, out int none));
            Assert.Equal(0, none);
            Assert.Equal(hash, reader.HandshakeHash);
            ForgeriesRefused++;
        }

        return true;
    }

    // What is sent in the clear first cannot be refused at once: whoever sent it refuses the answer to a forgery.
    private void RefuseAnswerToForgery(
        byte[] message, int payloadLength, StaticKeyPair? initiatorKey, StaticKeyPair? responderKey)
    {
        foreach (int place in TamperedPlaces(message.Length))
        {
            using HandshakeState<TCipher, THash> initiator = Initiator(initiatorKey);
            using HandshakeState<TCipher, THash> responder = Responder(responderKey);
            byte[] payload = new byte[payloadLength];
            Convert.FromHexString(vector.Messages[0].Payload).CopyTo(payload.AsSpan());
            Assert.True(initiator.TryWriteMessage(payload, new byte[message.Length], out _));
            byte[] forged = [.. message];
            forged[place] ^= 0x01;
            Assert.True(responder.TryReadMessage(forged, payload, out _));
            byte[] answer = new byte[responder.NextMessageOverhead];
            Assert.True(responder.TryWriteMessage([], answer, out _));
            Assert.False(initiator.TryReadMessage(answer, [], out _));
            ForgeriesRefused++;
        }
    }

    private void ReplayTransport(HandshakeState<TCipher, THash> initiator, HandshakeState<TCipher, THash> responder)
    {
        byte[][] keys = [new byte[32], new byte[32], new byte[32], new byte[32]];
        initiator.Split(keys[0], keys[1]);
        responder.Split(keys[2], keys[3]);
        Assert.Equal(keys[0], keys[3]);
        Assert.Equal(keys[1], keys[2]);
        Assert.Throws<InvalidOperationException>(() => initiator.Split(new byte[32], new byte[32]));
        bool oneWay = _pattern.Messages.Length == 1;
        ulong[] counters = [0, 0];
        for (int i = _pattern.Messages.Length; i < vector.Messages.Count; i++)
        {
            int direction = oneWay ? 0 : i % 2;
            ulong n = counters[direction]++;
            byte[] payload = Convert.FromHexString(vector.Messages[i].Payload);
            byte[] written = new byte[payload.Length + TCipher.TagLength];
            TCipher.Seal(keys[direction], n, default, payload, written);
            Assert.Equal(vector.Messages[i].Ciphertext, Convert.ToHexStringLower(written));
            byte[] read = new byte[payload.Length];
            written[i] ^= 1;
            Assert.False(TCipher.TryOpen(keys[3 - direction], n, default, written, read));
            written[i] ^= 1;
            Assert.True(TCipher.TryOpen(keys[3 - direction], n, default, written, read));
            Assert.Equal(payload, read);
            TransportMessages++;
        }
    }

    private static bool IsMixing(HandshakeToken token) =>
        token is HandshakeToken.EE or HandshakeToken.ES or HandshakeToken.SE or HandshakeToken.SS;

    private StaticKeyPair? Import(string? privateKey) =>
        privateKey is null ? null : StaticKeyPair.Import(Convert.FromHexString(privateKey), slab);

    private HandshakeState<TCipher, THash> Initiator(StaticKeyPair? key) => new(new HandshakeSetup
    {
        Pattern = _pattern,
        IsInitiator = true,
        Prologue = Convert.FromHexString(vector.Prologue),
        Secrets = new ScriptedSecrets(Convert.FromHexString(vector.InitiatorEphemeral)),
        Local = key,
        RemoteStatic = Convert.FromHexString(vector.InitiatorRemoteStatic ?? string.Empty),
    });

    private HandshakeState<TCipher, THash> Responder(StaticKeyPair? key) => new(new HandshakeSetup
    {
        Pattern = _pattern,
        IsInitiator = false,
        Prologue = Convert.FromHexString(vector.Prologue),
        Secrets = new ScriptedSecrets(Convert.FromHexString(vector.ResponderEphemeral ?? string.Empty)),
        Local = key,
        RemoteStatic = Convert.FromHexString(vector.ResponderRemoteStatic ?? string.Empty),
    });
}
