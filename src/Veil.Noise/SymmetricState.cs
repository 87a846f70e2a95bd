using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Veil.Noise.Ciphers;
using Veil.Noise.Hashes;

namespace Veil.Noise;

/// <summary>
/// SymmetricState with its CipherState (Noise revision 34, sections 5.1 and 5.2): ck, h, k, n. Names and comments are
/// the specification's. The secrets are in pinned memory, so that the collector leaves no copies behind.
/// </summary>
internal sealed class SymmetricState<TCipher, THash> : IDisposable
    where TCipher : INoiseCipher
    where THash : INoiseHash
{
    private const int LongestHash = 64;
    private const int KeyLength = 32;

    private readonly byte[] _memory = GC.AllocateArray<byte>((2 * LongestHash) + KeyLength, pinned: true);
    private ulong _n;

    /// <summary>Whether k is set.</summary>
    internal bool HasKey { get; private set; }

    /// <summary>h.</summary>
    internal ReadOnlySpan<byte> HandshakeHash => H;

    private Span<byte> ChainingKey => _memory.AsSpan(0, THash.HashLength);

    private Span<byte> H => _memory.AsSpan(LongestHash, THash.HashLength);

    private Span<byte> K => _memory.AsSpan(2 * LongestHash, KeyLength);

    /// <summary>InitializeSymmetric(protocol_name).</summary>
    internal void Initialize(string protocolName)
    {
        byte[] name = Encoding.ASCII.GetBytes(protocolName);
        H.Clear();
        if (name.Length <= THash.HashLength)
            name.CopyTo(H);
        else
            THash.Hash(H, name, default, default);
        H.CopyTo(ChainingKey);
        ClearKey();
    }

    /// <summary>MixKey(input_key_material): ck, temp_k = HKDF(ck, input, 2); InitializeKey(temp_k).</summary>
    internal void MixKey(ReadOnlySpan<byte> input)
    {
        Span<byte> temporary = stackalloc byte[LongestHash];
        temporary = temporary[..THash.HashLength];
        try
        {
            NoiseKdf<THash>.Derive(ChainingKey, input, ChainingKey, temporary);
            temporary[..KeyLength].CopyTo(K);
            _n = 0;
            HasKey = true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(temporary);
        }
    }

    /// <summary>MixHash(data): h = HASH(h ‖ data).</summary>
    internal void MixHash(ReadOnlySpan<byte> data) => THash.Hash(H, H, data, default);

    /// <summary>EncryptAndHash(plaintext). Returns the bytes written: a tag more, once there is a key.</summary>
    internal int EncryptAndHash(ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        int length = plaintext.Length;
        if (HasKey)
        {
            length += TCipher.TagLength;
            TCipher.Seal(K, _n, H, plaintext, destination[..length]);
            _n++;
        }
        else
        {
            plaintext.CopyTo(destination);
        }

        MixHash(destination[..length]);
        return length;
    }

    /// <summary>
    /// DecryptAndHash(ciphertext) into exactly the plaintext's length. False if the tag is wrong.
    /// </summary>
    internal bool TryDecryptAndHash(ReadOnlySpan<byte> ciphertext, Span<byte> destination)
    {
        if (!HasKey)
        {
            Debug.Assert(destination.Length == ciphertext.Length, "nothing was added");
            ciphertext.CopyTo(destination);
        }
        else
        {
            Debug.Assert(destination.Length == ciphertext.Length - TCipher.TagLength, "a tag was added");
            if (!TCipher.TryOpen(K, _n, H, ciphertext, destination))
                return false;
            _n++;
        }

        MixHash(ciphertext);
        return true;
    }

    /// <summary>Split(): the keys of the initiator's and of the responder's direction, 32 bytes each.</summary>
    internal void Split(Span<byte> first, Span<byte> second)
    {
        Debug.Assert(first.Length == KeyLength && second.Length == KeyLength, "keys are 32 bytes");
        Span<byte> outputs = stackalloc byte[2 * LongestHash];
        Span<byte> output1 = outputs[..THash.HashLength];
        Span<byte> output2 = outputs.Slice(LongestHash, THash.HashLength);
        try
        {
            NoiseKdf<THash>.Derive(ChainingKey, default, output1, output2);
            output1[..KeyLength].CopyTo(first);
            output2[..KeyLength].CopyTo(second);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(outputs);
        }
    }

    /// <summary>Takes over another state.</summary>
    internal void CopyFrom(SymmetricState<TCipher, THash> other)
    {
        other._memory.CopyTo(_memory.AsSpan());
        _n = other._n;
        HasKey = other.HasKey;
    }

    /// <summary>Zeroes the state, which may then be filled again.</summary>
    internal void Clear()
    {
        CryptographicOperations.ZeroMemory(_memory);
        _n = 0;
        HasKey = false;
    }

    /// <summary>Zeroes ck and k, which are not needed after <see cref="Split"/>; h stays.</summary>
    internal void ClearSecrets()
    {
        CryptographicOperations.ZeroMemory(ChainingKey);
        ClearKey();
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private void ClearKey()
    {
        CryptographicOperations.ZeroMemory(K);
        _n = 0;
        HasKey = false;
    }
}
