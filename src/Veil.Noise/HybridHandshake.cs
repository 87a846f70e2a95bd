using System.Collections;
using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Ciphers;
using Veil.Noise.Hashes;
using Veil.Noise.Patterns;
using Veil.Noise.Seams;

namespace Veil.Noise;

/// <summary>
/// The handshake of links, hops and services: NKhfs or XKhfs with X25519, ML-KEM-768, AEGIS-256 and BLAKE2b
/// (spec/handshake.md). Authentication is classical, confidentiality hybrid; the payload of message 1 has X25519
/// secrecy only, so nothing lasting goes there.
/// A bad message changes nothing; whoever owns the byte stream closes it all the same. Not safe for concurrent use.
/// </summary>
public sealed class HybridHandshake : IDisposable
{
    /// <summary>Bytes of the handshake hash.</summary>
    public const int HandshakeHashLength = 64;

    /// <summary>Bytes of a handshake message, its payload included, at most.</summary>
    public const int LongestMessage = 65_535;

    private const int KeyLength = CounterCipher.KeyLength;
    private const int Lanes = 256;

    private readonly HandshakeState<Aegis256Cipher, Blake2bHash> _state;

    // After the last message: the keys of sending and receiving; which lanes have a cipher already.
    private readonly byte[] _keys = GC.AllocateArray<byte>(2 * KeyLength, pinned: true);
    private readonly BitArray _sendLanes = new(Lanes);
    private readonly BitArray _receiveLanes = new(Lanes);
    private bool _disposed;

    private HybridHandshake(HandshakeSetup setup) => _state = new HandshakeState<Aegis256Cipher, Blake2bHash>(setup);

    /// <summary>Bytes that the next message adds to its payload, whoever writes it; 0 when complete.</summary>
    public int NextMessageOverhead => _state.NextMessageOverhead;

    /// <summary>Whether all messages went through, so that ciphers can be made.</summary>
    public bool IsComplete => _state.IsComplete;

    /// <summary>
    /// The other end's static key, 32 bytes: at the initiator always, at an XKhfs responder after message 3.
    /// </summary>
    /// <exception cref="InvalidOperationException">This end does not know one.</exception>
    public ReadOnlySpan<byte> RemoteStatic
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ReadOnlySpan<byte> key = _state.RemoteStatic;
            return key.IsEmpty ? throw new InvalidOperationException("The other end has shown no static key.") : key;
        }
    }

    /// <summary>Starts a handshake as the one who writes first.</summary>
    /// <param name="pattern">NKhfs or XKhfs.</param>
    /// <param name="prologue">See <see cref="HandshakePrologue"/>.</param>
    /// <param name="responderStatic">The responder's X25519 key, 32 bytes.</param>
    /// <param name="local">This end's key pair for XKhfs, borrowed until the handshake is complete; else null.</param>
    /// <param name="secrets">Where ephemeral secrets come from.</param>
    /// <exception cref="ArgumentException">
    /// A key is missing or superfluous, or the responder's is not usable
    /// (<see cref="StaticKeyPair.IsUsablePublicKey"/>).
    /// </exception>
    public static HybridHandshake Initiate(
        VeilPattern pattern,
        ReadOnlySpan<byte> prologue,
        ReadOnlySpan<byte> responderStatic,
        StaticKeyPair? local,
        SecretSource secrets)
    {
        if (!StaticKeyPair.IsUsablePublicKey(responderStatic))
            throw new ArgumentException("The responder's key is not usable.", nameof(responderStatic));
        return new HybridHandshake(new HandshakeSetup
        {
            Pattern = PatternOf(pattern),
            IsInitiator = true,
            Prologue = prologue,
            Secrets = secrets,
            Local = local,
            RemoteStatic = responderStatic,
        });
    }

    /// <summary>Starts a handshake as the one who reads first.</summary>
    /// <param name="pattern">NKhfs or XKhfs.</param>
    /// <param name="prologue">See <see cref="HandshakePrologue"/>.</param>
    /// <param name="local">This end's key pair, borrowed until the handshake is complete.</param>
    /// <param name="secrets">Where ephemeral secrets come from.</param>
    public static HybridHandshake Respond(
        VeilPattern pattern, ReadOnlySpan<byte> prologue, StaticKeyPair local, SecretSource secrets)
    {
        ArgumentNullException.ThrowIfNull(local);
        return new HybridHandshake(new HandshakeSetup
        {
            Pattern = PatternOf(pattern),
            IsInitiator = false,
            Prologue = prologue,
            Secrets = secrets,
            Local = local,
        });
    }

    /// <summary>Writes the next message and returns its length: the payload's and the overhead's.</summary>
    /// <exception cref="ArgumentException">
    /// The message does not fit <paramref name="destination"/> or 65,535 bytes, or the spans overlap.
    /// </exception>
    /// <exception cref="InvalidOperationException">It is the other end's turn.</exception>
    public int WriteMessage(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        // Every key of the other end was looked at when it came in: in both patterns a DH or a check of e1 is part of
        // the message that brings it.
        if (!_state.TryWriteMessage(payload, destination, out int bytesWritten))
            throw new UnreachableException("A key was accepted that cannot be answered.");
        SplitIfComplete();
        return bytesWritten;
    }

    /// <summary>
    /// Reads the next message. False, with the state as before, if its length does not fit (not at least
    /// <see cref="NextMessageOverhead"/>, more payload than <paramref name="payload"/> has room for, or more than
    /// 65,535 bytes), its keys are of small order or malformed, or a tag is wrong.
    /// </summary>
    /// <exception cref="ArgumentException">The spans overlap.</exception>
    /// <exception cref="InvalidOperationException">It is this end's turn.</exception>
    public bool TryReadMessage(ReadOnlySpan<byte> message, Span<byte> payload, out int payloadBytes)
    {
        if (!_state.TryReadMessage(message, payload, out payloadBytes))
            return false;
        SplitIfComplete();
        return true;
    }

    /// <summary>Writes the 64-byte handshake hash: the same at both ends of a complete handshake, and public.</summary>
    /// <exception cref="ArgumentException">The destination is not 64 bytes.</exception>
    public void GetHandshakeHash(Span<byte> h)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (h.Length != HandshakeHashLength)
            throw new ArgumentException("The handshake hash is 64 bytes.", nameof(h));
        _state.HandshakeHash.CopyTo(h);
    }

    /// <summary>
    /// Makes the sealing cipher of a lane (spec/handshake.md, section 5), once: a second one would repeat nonces.
    /// The caller owns it.
    /// </summary>
    /// <exception cref="InvalidOperationException">The handshake is not complete, or the lane has one.</exception>
    /// <exception cref="KeySlabExhaustedException">The slab is full.</exception>
    public CounterCipher CreateSendCipher(
        KeySlab slab, byte lane, uint messagesPerKey = CounterCipher.DefaultMessagesPerKey) =>
        CreateCipher(_keys.AsSpan(0, KeyLength), _sendLanes, slab, lane, messagesPerKey);

    /// <summary>Makes the opening cipher of a lane, once. The caller owns it.</summary>
    /// <exception cref="InvalidOperationException">The handshake is not complete, or the lane has one.</exception>
    /// <exception cref="KeySlabExhaustedException">The slab is full.</exception>
    public CounterCipher CreateReceiveCipher(
        KeySlab slab, byte lane, uint messagesPerKey = CounterCipher.DefaultMessagesPerKey) =>
        CreateCipher(_keys.AsSpan(KeyLength), _receiveLanes, slab, lane, messagesPerKey);

    /// <summary>Zeroes all secrets; ciphers already made live on. May be called again.</summary>
    public void Dispose()
    {
        _disposed = true;
        _state.Dispose();
        CryptographicOperations.ZeroMemory(_keys);
    }

    private static HandshakePattern PatternOf(VeilPattern pattern) => pattern switch
    {
        VeilPattern.NKhfs => HandshakePatterns.NKhfs,
        VeilPattern.XKhfs => HandshakePatterns.XKhfs,
        _ => throw new ArgumentOutOfRangeException(nameof(pattern)),
    };

    private void SplitIfComplete()
    {
        if (_state.IsComplete)
            _state.Split(_keys.AsSpan(0, KeyLength), _keys.AsSpan(KeyLength));
    }

    private CounterCipher CreateCipher(
        ReadOnlySpan<byte> directionKey, BitArray lanes, KeySlab slab, byte lane, uint messagesPerKey)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!IsComplete)
            throw new InvalidOperationException("The handshake is not complete.");
        if (lanes[lane])
            throw new InvalidOperationException("The lane has a cipher already.");
        Debug.Assert(directionKey.ContainsAnyExcept((byte)0), "a complete handshake has been split");
        Span<byte> label = stackalloc byte[10];
        "veil lane"u8.CopyTo(label);
        label[9] = lane;
        Span<byte> laneKey = stackalloc byte[KeyLength];
        try
        {
            Blake2bHash.KeyedHash(laneKey, directionKey, label);
            CounterCipher cipher = new(laneKey, slab, messagesPerKey);
            lanes[lane] = true;
            return cipher;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(laneKey);
        }
    }
}
