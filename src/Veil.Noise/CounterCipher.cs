using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Ciphers;

namespace Veil.Noise;

/// <summary>
/// One direction's transport cipher: AEGIS-256 with 32-byte tags, the nonce an implicit 64-bit counter
/// (spec/handshake.md, section 3), a new key after every <see cref="MessagesPerKey"/> messages (section 6).
/// The key lives in a <see cref="KeySlab"/>. Either all seals or all opens: one object is one end of one lane.
/// Not safe for concurrent use. Allocates nothing after construction.
/// </summary>
public sealed class CounterCipher : IDisposable
{
    /// <summary>Bytes that sealing adds: the tag.</summary>
    public const int TagLength = 32;

    /// <summary>Bytes of a key.</summary>
    public const int KeyLength = KeySlab.SlotLength;

    /// <summary>
    /// Messages under one key before it is replaced, by default: 128 MiB of cells, so that a key seen later opens
    /// little of the past, at a cost that does not show (one 32-byte seal in 65,536).
    /// </summary>
    public const uint DefaultMessagesPerKey = 65_536;

    private readonly KeySlab _slab;

    // Of nobody once disposed.
    private KeySlot _key;

    // Below MessagesPerKey.
    private uint _counter;

    /// <summary>Takes a copy of a 32-byte key; the counter starts at 0.</summary>
    /// <exception cref="ArgumentException">The key is not 32 bytes, or no message is allowed per key.</exception>
    /// <exception cref="KeySlabExhaustedException">The slab is full.</exception>
    public CounterCipher(ReadOnlySpan<byte> key, KeySlab slab, uint messagesPerKey = DefaultMessagesPerKey)
    {
        ArgumentNullException.ThrowIfNull(slab);
        ArgumentOutOfRangeException.ThrowIfZero(messagesPerKey);
        if (key.Length != KeyLength)
            throw new ArgumentException("The key is 32 bytes.", nameof(key));
        _slab = slab;
        MessagesPerKey = messagesPerKey;
        _key = slab.Rent();
        key.CopyTo(_key.DangerousBytes);
    }

    /// <summary>Messages under one key before it is replaced.</summary>
    public uint MessagesPerKey { get; }

    /// <summary>
    /// Seals the next message. Works in place if both spans start at the same address; may not overlap otherwise.
    /// </summary>
    /// <param name="destination">Exactly <see cref="TagLength"/> bytes longer than the plaintext.</param>
    /// <param name="plaintext">The message.</param>
    /// <param name="associatedData">Authenticated, not sent; does not overlap the destination.</param>
    /// <exception cref="ArgumentException">A length does not fit, or the spans overlap in part.</exception>
    /// <exception cref="ObjectDisposedException">The cipher or its slab is disposed.</exception>
    public void Seal(Span<byte> destination, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        if (destination.Length != plaintext.Length + TagLength)
            throw new ArgumentException("The destination is a tag longer than the plaintext.", nameof(destination));
        ThrowIfUnusable(destination, plaintext);
        Aegis256Cipher.Seal(_key.DangerousBytes, _counter, associatedData, plaintext, destination);
        if (_slab.IsDisposed)
        {
            // The key may have been zero while it sealed: what came out is nobody's.
            CryptographicOperations.ZeroMemory(destination);
            throw new ObjectDisposedException(nameof(KeySlab));
        }

        Advance();
    }

    /// <summary>
    /// Opens the next message. False if it is shorter than a tag or the tag is wrong: then the counter and the key
    /// are as before, and the destination's bytes are lost (in place, the message too). Works in place if both spans
    /// start at the same address; may not overlap otherwise.
    /// </summary>
    /// <param name="destination">Exactly <see cref="TagLength"/> bytes shorter than the ciphertext.</param>
    /// <param name="ciphertext">The message, its tag behind it.</param>
    /// <param name="associatedData">What was authenticated with it; does not overlap the destination.</param>
    /// <exception cref="ArgumentException">The destination does not fit, or the spans overlap in part.</exception>
    /// <exception cref="ObjectDisposedException">The cipher or its slab is disposed.</exception>
    public bool TryOpen(Span<byte> destination, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> associatedData)
    {
        if (ciphertext.Length < TagLength)
            return false;
        if (destination.Length != ciphertext.Length - TagLength)
            throw new ArgumentException("The destination is a tag shorter than the ciphertext.", nameof(destination));
        ThrowIfUnusable(destination, ciphertext);
        if (!Aegis256Cipher.TryOpen(_key.DangerousBytes, _counter, associatedData, ciphertext, destination))
            return false;
        if (_slab.IsDisposed)
        {
            CryptographicOperations.ZeroMemory(destination);
            throw new ObjectDisposedException(nameof(KeySlab));
        }

        Advance();
        return true;
    }

    /// <summary>Zeroes the key and gives its slot back. May be called again.</summary>
    public void Dispose()
    {
        if (_key.IsNull)
            return;
        _slab.Return(_key);
        _key = default;
    }

    private void ThrowIfUnusable(ReadOnlySpan<byte> destination, ReadOnlySpan<byte> source)
    {
        ObjectDisposedException.ThrowIf(_key.IsNull || _slab.IsDisposed, this);
        if (destination.Overlaps(source, out int offset) && offset != 0)
            throw new ArgumentException("Source and destination start at the same address or do not overlap.");
        Debug.Assert(_counter < MessagesPerKey, "a spent key has been replaced");
    }

    private void Advance()
    {
        _counter++;
        if (_counter < MessagesPerKey)
            return;
        NoiseRekey.Apply<Aegis256Cipher>(_key.DangerousBytes);
        ObjectDisposedException.ThrowIf(_slab.IsDisposed, _slab);
        _counter = 0;
    }
}
