using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Ciphers;
using Veil.Noise.Hashes;
using Veil.Noise.Patterns;
using Veil.Noise.Seams;

namespace Veil.Noise;

/// <summary>
/// HandshakeState (Noise revision 34, section 5.3, and the KEM tokens of its hfs extension) for any pattern, cipher
/// and hash. Every message works on a copy of the variables; the copy takes the original's place as the last step of a
/// good message, and is zeroed after a bad one, so that a bad message changes nothing.
/// Private names are the specification's: s, e, rs, re, re1. Not safe for concurrent use.
/// </summary>
internal sealed class HandshakeState<TCipher, THash> : IDisposable
    where TCipher : INoiseCipher
    where THash : INoiseHash
{
    /// <summary>A Noise message has at most this many bytes.</summary>
    internal const int LongestMessage = 65_535;

    private const int DhLength = X25519.KeyLength;

    private readonly HandshakePattern _pattern;
    private readonly SecretSource _secrets;
    private readonly StaticKeyPair? _s;
    private HandshakeVariables<TCipher, THash> _current = new();
    private HandshakeVariables<TCipher, THash> _working = new();
    private int _messageIndex;
    private bool _split;
    private bool _disposed;

    internal HandshakeState(HandshakeSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup.Pattern);
        ArgumentNullException.ThrowIfNull(setup.Secrets);
        _pattern = setup.Pattern;
        _secrets = setup.Secrets;
        _s = setup.Local;
        IsInitiator = setup.IsInitiator;
        bool needsLocal = IsInitiator ? _pattern.InitiatorNeedsStatic : _pattern.ResponderNeedsStatic;
        bool remoteKnown = IsInitiator ? _pattern.ResponderStaticKnown : _pattern.InitiatorStaticKnown;
        if (needsLocal != _s is not null)
            throw new ArgumentException("The pattern and the local static key do not go together.", nameof(setup));
        if (setup.RemoteStatic.Length != (remoteKnown ? DhLength : 0))
            throw new ArgumentException("The pattern and the remote static key do not go together.", nameof(setup));

        _current.Symmetric.Initialize(ProtocolName(_pattern));
        _current.Symmetric.MixHash(setup.Prologue);
        setup.RemoteStatic.CopyTo(_current.RemoteStatic);
        _current.HasRemoteStatic = remoteKnown;
        if (_pattern.InitiatorStaticKnown)
            _current.Symmetric.MixHash(IsInitiator ? _s!.PublicKey : setup.RemoteStatic);
        if (_pattern.ResponderStaticKnown)
            _current.Symmetric.MixHash(IsInitiator ? setup.RemoteStatic : _s!.PublicKey);
    }

    /// <summary>Whether this end writes the first message.</summary>
    internal bool IsInitiator { get; }

    /// <summary>Whether all messages went through.</summary>
    internal bool IsComplete => _messageIndex == _pattern.Messages.Length;

    /// <summary>Whether this end writes the next message.</summary>
    internal bool IsMyTurn => !IsComplete && _messageIndex % 2 == 0 == IsInitiator;

    /// <summary>h.</summary>
    internal ReadOnlySpan<byte> HandshakeHash => _current.Symmetric.HandshakeHash;

    /// <summary>rs; empty where this end does not know one.</summary>
    internal ReadOnlySpan<byte> RemoteStatic => _current.HasRemoteStatic ? _current.RemoteStatic : default;

    /// <summary>Bytes that the next message adds to its payload; 0 when complete.</summary>
    internal int NextMessageOverhead
    {
        get
        {
            if (IsComplete)
                return 0;
            bool hasKey = _current.Symmetric.HasKey;
            int length = 0;
            foreach (HandshakeToken token in _pattern.Messages[_messageIndex])
            {
                int tag = hasKey ? TCipher.TagLength : 0;
                length += token switch
                {
                    HandshakeToken.E => DhLength,
                    HandshakeToken.S => DhLength + tag,
                    HandshakeToken.E1 => MLKem768.EncapsulationKeyLength + tag,
                    HandshakeToken.Ekem1 => MLKem768.CiphertextLength + tag,
                    _ => 0,
                };
                hasKey |= token is not (HandshakeToken.E or HandshakeToken.S or HandshakeToken.E1);
            }

            return length + (hasKey ? TCipher.TagLength : 0);
        }
    }

    /// <summary>Noise_pattern_dh_cipher_hash.</summary>
    internal static string ProtocolName(HandshakePattern pattern) =>
        $"Noise_{pattern.Name}_{(pattern.IsHybrid ? "25519+MLKEM768" : "25519")}_{TCipher.Name}_{THash.Name}";

    /// <summary>
    /// WriteMessage. False, with the state as before, if a public key of the other end is of small order or malformed.
    /// </summary>
    internal bool TryWriteMessage(ReadOnlySpan<byte> payload, Span<byte> destination, out int bytesWritten)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!IsMyTurn)
            throw new InvalidOperationException("It is not this end's turn to write.");
        int total = NextMessageOverhead + payload.Length;
        if (total > LongestMessage)
            throw new ArgumentException("The message would be longer than 65,535 bytes.", nameof(payload));
        if (destination.Length < total)
            throw new ArgumentException("The message does not fit the destination.", nameof(destination));
        if (destination.Overlaps(payload))
            throw new ArgumentException("Payload and destination overlap.", nameof(destination));

        bool good = false;
        int written = 0;
        _working.CopyFrom(_current);
        try
        {
            foreach (HandshakeToken token in _pattern.Messages[_messageIndex])
            {
                if (!TryWriteToken(token, destination, ref written))
                    return false;
            }

            written += _working.Symmetric.EncryptAndHash(payload, destination[written..]);
            Debug.Assert(written == total, "the overhead was computed right");
            good = true;
        }
        finally
        {
            Finish(good);
            bytesWritten = good ? written : 0;
        }

        return true;
    }

    /// <summary>
    /// ReadMessage. False, with the state as before, if the length does not fit the message or the payload's room,
    /// a tag is wrong, or a public key is of small order or malformed. Lengths are looked at before keys.
    /// </summary>
    internal bool TryReadMessage(ReadOnlySpan<byte> message, Span<byte> payload, out int payloadBytes)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (IsComplete || IsMyTurn)
            throw new InvalidOperationException("It is not this end's turn to read.");
        if (payload.Overlaps(message))
            throw new ArgumentException("Payload and message overlap.", nameof(payload));
        payloadBytes = 0;
        int length = message.Length - NextMessageOverhead;
        if (length < 0 || length > payload.Length || message.Length > LongestMessage)
            return false;

        bool good = false;
        _working.CopyFrom(_current);
        try
        {
            ReadOnlySpan<byte> rest = message;
            foreach (HandshakeToken token in _pattern.Messages[_messageIndex])
            {
                if (!TryReadToken(token, ref rest))
                    return false;
            }

            good = _working.Symmetric.TryDecryptAndHash(rest, payload[..length]);
        }
        finally
        {
            Finish(good);
        }

        if (good)
            payloadBytes = length;
        return good;
    }

    /// <summary>
    /// Split, once, after the last message: the keys of sending and receiving. Zeroes what is no longer needed.
    /// </summary>
    internal void Split(Span<byte> sendKey, Span<byte> receiveKey)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!IsComplete || _split)
            throw new InvalidOperationException("A handshake is split once, when it is complete.");
        if (IsInitiator)
            _current.Symmetric.Split(sendKey, receiveKey);
        else
            _current.Symmetric.Split(receiveKey, sendKey);
        _current.ClearSecrets();
        _split = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _working.Clear(null);
        _current.Clear(null);
    }

    // The last step of every message: only a good one takes the original's place.
    private void Finish(bool good)
    {
        if (good)
        {
            (_current, _working) = (_working, _current);
            _messageIndex++;
        }

        _working.Clear(_current);
    }

    private bool TryWriteToken(HandshakeToken token, Span<byte> destination, ref int written)
    {
        switch (token)
        {
            case HandshakeToken.E:
                _secrets.Fill(_working.EphemeralPrivate);
                X25519.ComputePublicKey(_working.EphemeralPrivate, _working.Ephemeral);
                _working.Ephemeral.CopyTo(destination[written..]);
                _working.Symmetric.MixHash(_working.Ephemeral);
                written += DhLength;
                return true;
            case HandshakeToken.S:
                written += _working.Symmetric.EncryptAndHash(_s!.PublicKey, destination[written..]);
                return true;
            case HandshakeToken.E1:
                WriteEncapsulationKey(destination, ref written);
                return true;
            case HandshakeToken.Ekem1:
                return TryWriteEncapsulation(destination, ref written);
            default:
                return TryMixDh(token);
        }
    }

    private bool TryReadToken(HandshakeToken token, ref ReadOnlySpan<byte> rest)
    {
        int tag = _working.Symmetric.HasKey ? TCipher.TagLength : 0;
        switch (token)
        {
            case HandshakeToken.E:
                Take(ref rest, DhLength).CopyTo(_working.RemoteEphemeral);
                _working.Symmetric.MixHash(_working.RemoteEphemeral);
                return true;
            case HandshakeToken.S:
                Debug.Assert(!_working.HasRemoteStatic, "a static key comes once");
                _working.HasRemoteStatic = true;
                return _working.Symmetric.TryDecryptAndHash(Take(ref rest, DhLength + tag), _working.RemoteStatic);
            case HandshakeToken.E1:
                return TryReadEncapsulationKey(Take(ref rest, MLKem768.EncapsulationKeyLength + tag));
            case HandshakeToken.Ekem1:
                return TryReadEncapsulation(Take(ref rest, MLKem768.CiphertextLength + tag));
            default:
                return TryMixDh(token);
        }
    }

    // The length of the whole message was checked before the first token.
    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int length)
    {
        Debug.Assert(rest.Length >= length, "the overhead was computed right");
        ReadOnlySpan<byte> taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    // "e1": e1 = GENERATE_KEM_KEYPAIR(); EncryptAndHash(e1.public_key).
    private void WriteEncapsulationKey(Span<byte> destination, ref int written)
    {
        Span<byte> seed = stackalloc byte[MLKem768.SeedLength];
        Span<byte> encapsulationKey = stackalloc byte[MLKem768.EncapsulationKeyLength];
        try
        {
            _secrets.Fill(seed);
            MLKem768.GenerateKeyPair(seed, encapsulationKey, _working.NewDecapsulationKey());
            written += _working.Symmetric.EncryptAndHash(encapsulationKey, destination[written..]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    // "e1", read: re1 = DecryptAndHash(...), refused here unless reduced, so that answering cannot fail.
    private bool TryReadEncapsulationKey(ReadOnlySpan<byte> field)
    {
        Span<byte> key = _working.NewRemoteEncapsulationKey();
        return _working.Symmetric.TryDecryptAndHash(field, key) && MLKem768.IsReduced(key);
    }

    // "ekem1", written: (ct, ss) = ENCAP(re1); EncryptAndHash(ct); MixKey(ss).
    private bool TryWriteEncapsulation(Span<byte> destination, ref int written)
    {
        Span<byte> secret = stackalloc byte[MLKem768.CoinsLength + MLKem768.SharedSecretLength];
        Span<byte> ciphertext = stackalloc byte[MLKem768.CiphertextLength];
        Span<byte> coins = secret[..MLKem768.CoinsLength];
        Span<byte> shared = secret[MLKem768.CoinsLength..];
        try
        {
            _secrets.Fill(coins);
            if (!MLKem768.TryEncapsulate(_working.RemoteEncapsulationKey, coins, ciphertext, shared))
                return false;
            written += _working.Symmetric.EncryptAndHash(ciphertext, destination[written..]);
            _working.Symmetric.MixKey(shared);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    // "ekem1", read: ct = DecryptAndHash(...); MixKey(DECAP(e1, ct)).
    private bool TryReadEncapsulation(ReadOnlySpan<byte> field)
    {
        Span<byte> ciphertext = stackalloc byte[MLKem768.CiphertextLength];
        Span<byte> shared = stackalloc byte[MLKem768.SharedSecretLength];
        try
        {
            if (!_working.Symmetric.TryDecryptAndHash(field, ciphertext))
                return false;
            MLKem768.Decapsulate(_working.DecapsulationKey, ciphertext, shared);
            _working.Symmetric.MixKey(shared);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    // "ee", "es", "se", "ss": MixKey(DH(...)); an all-zero result is refused.
    private bool TryMixDh(HandshakeToken token)
    {
        Span<byte> shared = stackalloc byte[DhLength];
        try
        {
            bool localIsStatic = token == HandshakeToken.SS
                || token == (IsInitiator ? HandshakeToken.SE : HandshakeToken.ES);
            bool remoteIsStatic = token == HandshakeToken.SS
                || token == (IsInitiator ? HandshakeToken.ES : HandshakeToken.SE);
            ReadOnlySpan<byte> remote = remoteIsStatic ? _working.RemoteStatic : _working.RemoteEphemeral;
            bool nonZero = localIsStatic
                ? _s!.TryDiffieHellman(remote, shared)
                : X25519.TryDiffieHellman(_working.EphemeralPrivate, remote, shared);
            if (nonZero)
                _working.Symmetric.MixKey(shared);
            return nonZero;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }
}
