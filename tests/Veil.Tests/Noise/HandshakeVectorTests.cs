using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Veil.Noise;
using Xunit;

namespace Veil.Tests.Noise;

/// <summary>
/// The project's own handshake vectors: both roles are replayed from the keys and secrets in the file, and must give
/// every byte of the file again. With VEIL_WRITE_VECTORS=1 the file is made anew instead.
/// </summary>
public sealed class HandshakeVectorTests
{
    private const string Description =
        "Whole handshakes from fixed keys and secrets: spec/handshake.md, section 9. Byte strings are hex.";

    private static readonly string VectorPath =
        Path.Combine(VectorFolder.ProjectRoot, "spec", "vectors", "handshake.json");

    [Fact]
    public void Replaying_the_file_gives_the_file()
    {
        if (Environment.GetEnvironmentVariable("VEIL_WRITE_VECTORS") == "1")
            File.WriteAllText(VectorPath, Serialize([.. Inputs().Select(Replay)]));
        string text = File.ReadAllText(VectorPath);
        HandshakeTranscript.Document document =
            JsonSerializer.Deserialize<HandshakeTranscript.Document>(text, HandshakeTranscript.Format)!;
        Assert.Equal(2, document.Handshakes.Count);
        Assert.Equal(text, Serialize([.. document.Handshakes.Select(Replay)]));
    }

    private static string Serialize(IReadOnlyList<HandshakeTranscript> handshakes) => JsonSerializer.Serialize(
        new HandshakeTranscript.Document(Description, handshakes), HandshakeTranscript.Format) + "\n";

    private static HandshakeTranscript Replay(HandshakeTranscript input)
    {
        using KeySlab slab = new(16);
        VeilPattern pattern = Enum.Parse<VeilPattern>(input.Protocol.Split('_')[1]);
        Assert.Equal($"Noise_{pattern}_25519+MLKEM768_AEGIS256_BLAKE2b", input.Protocol);
        using StaticKeyPair responderKey = StaticKeyPair.Import(Bytes(input.ResponderStatic), slab);
        using StaticKeyPair? initiatorKey =
            input.InitiatorStatic is null ? null : StaticKeyPair.Import(Bytes(input.InitiatorStatic), slab);
        ScriptedSecrets initiatorSecrets = new([.. input.InitiatorSecrets.Select(Bytes)]);
        ScriptedSecrets responderSecrets = new([.. input.ResponderSecrets.Select(Bytes)]);
        using HybridHandshake initiator = HybridHandshake.Initiate(
            pattern, Bytes(input.Prologue), responderKey.PublicKey, initiatorKey, initiatorSecrets);
        using HybridHandshake responder =
            HybridHandshake.Respond(pattern, Bytes(input.Prologue), responderKey, responderSecrets);

        List<HandshakeTranscript.HandshakeMessage> messages = [];
        foreach (HandshakeTranscript.HandshakeMessage message in input.Messages)
        {
            (HybridHandshake writer, HybridHandshake reader) =
                messages.Count % 2 == 0 ? (initiator, responder) : (responder, initiator);
            byte[] payload = Bytes(message.Payload);
            byte[] written = new byte[writer.NextMessageOverhead + payload.Length];
            Assert.Equal(written.Length, writer.WriteMessage(payload, written));
            byte[] read = new byte[payload.Length];
            Assert.True(reader.TryReadMessage(written, read, out int length));
            Assert.Equal(payload, read[..length]);
            messages.Add(message with { Message = Convert.ToHexStringLower(written) });
        }

        Assert.True(initiator.IsComplete && responder.IsComplete);
        Assert.Equal((0, 0), (initiatorSecrets.Remaining, responderSecrets.Remaining));
        byte[] hash = new byte[HybridHandshake.HandshakeHashLength];
        byte[] otherHash = new byte[HybridHandshake.HandshakeHashLength];
        initiator.GetHandshakeHash(hash);
        responder.GetHandshakeHash(otherHash);
        Assert.Equal(hash, otherHash);
        return input with
        {
            Messages = messages,
            HandshakeHash = Convert.ToHexStringLower(hash),
            Lanes = [.. input.Lanes.Select(lane => lane with
            {
                InitiatorToResponder = ReplayLane(initiator, responder, slab, lane, lane.InitiatorToResponder),
                ResponderToInitiator = ReplayLane(responder, initiator, slab, lane, lane.ResponderToInitiator),
            })],
        };
    }

    private static List<HandshakeTranscript.SealedMessage> ReplayLane(
        HybridHandshake sender,
        HybridHandshake receiver,
        KeySlab slab,
        HandshakeTranscript.LaneMessages lane,
        IReadOnlyList<HandshakeTranscript.SealedMessage> messages)
    {
        using CounterCipher sealer = sender.CreateSendCipher(slab, lane.Lane, lane.MessagesPerKey);
        using CounterCipher opener = receiver.CreateReceiveCipher(slab, lane.Lane, lane.MessagesPerKey);
        Assert.True(messages.Count > lane.MessagesPerKey, "a rekey is among the messages");
        List<HandshakeTranscript.SealedMessage> result = [];
        foreach (HandshakeTranscript.SealedMessage message in messages)
        {
            byte[] plaintext = Bytes(message.Plaintext);
            byte[] ciphertext = new byte[plaintext.Length + CounterCipher.TagLength];
            sealer.Seal(ciphertext, plaintext, Bytes(message.Ad));
            byte[] opened = new byte[plaintext.Length];
            Assert.True(opener.TryOpen(opened, ciphertext, Bytes(message.Ad)));
            Assert.Equal(plaintext, opened);
            result.Add(message with { Ciphertext = Convert.ToHexStringLower(ciphertext) });
        }

        return result;
    }

    private static IEnumerable<HandshakeTranscript> Inputs()
    {
        yield return Input(VeilPattern.NKhfs, HandshakePurpose.Hop, 1);
        yield return Input(VeilPattern.XKhfs, HandshakePurpose.LinkFromRelay, 0);
    }

    private static HandshakeTranscript Input(VeilPattern pattern, HandshakePurpose purpose, byte position)
    {
        byte[] prologue = new byte[HandshakePrologue.Length];
        byte[] onionKeyId = purpose == HandshakePurpose.Hop ? Secret("onion-key id", 8) : new byte[8];
        HandshakePrologue.Write(
            prologue, purpose, position, Secret("network id", 32), Secret("identity", 32), onionKeyId);
        int count = pattern == VeilPattern.NKhfs ? 2 : 3;
        return new HandshakeTranscript
        {
            Protocol = $"Noise_{pattern}_25519+MLKEM768_AEGIS256_BLAKE2b",
            Prologue = Hex(prologue),
            InitiatorStatic = pattern == VeilPattern.XKhfs ? Hex(Secret("initiator static", 32)) : null,
            ResponderStatic = Hex(Secret("responder static", 32)),
            InitiatorSecrets = [Hex(Secret("initiator e", 32)), Hex(Secret("initiator e1", 64))],
            ResponderSecrets = [Hex(Secret("responder e", 32)), Hex(Secret("responder ekem1", 32))],
            Messages = [.. Enumerable.Range(1, count).Select(i => new HandshakeTranscript.HandshakeMessage(
                i == 2 ? string.Empty : Hex(Encoding.ASCII.GetBytes($"payload {i}")), string.Empty))],
            Lanes = [.. new byte[] { 0, 1 }.Select(lane => new HandshakeTranscript.LaneMessages
            {
                Lane = lane,
                MessagesPerKey = 2,
                InitiatorToResponder = LaneInput($"forward {lane}"),
                ResponderToInitiator = LaneInput($"backward {lane}"),
            })],
        };
    }

    private static List<HandshakeTranscript.SealedMessage> LaneInput(string label) =>
        [.. Enumerable.Range(0, 5).Select(i => new HandshakeTranscript.SealedMessage(
            i % 2 == 0 ? string.Empty : Hex(Encoding.ASCII.GetBytes($"ad {i}")),
            Hex(Encoding.ASCII.GetBytes($"{label} {i}")),
            string.Empty))];

    // Keys that anybody can make again: SHA-512 of a label, cut.
    private static byte[] Secret(string label, int length) =>
        SHA512.HashData(Encoding.ASCII.GetBytes($"veil handshake vector {label}"))[..length];

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);
}
