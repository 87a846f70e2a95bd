using System.Diagnostics;
using System.Security.Cryptography;
using Veil.Noise.Seams;

namespace Veil.Noise;

/// <summary>
/// A long-lived X25519 key pair (RFC 7748): a relay's link key or onion key. The raw 32-byte private key lives in a
/// slot of a <see cref="KeySlab"/>. Safe for concurrent use until disposed.
/// </summary>
public sealed class StaticKeyPair : IDisposable
{
    /// <summary>Bytes of a private key and of a public key.</summary>
    public const int KeyLength = X25519.KeyLength;

    private readonly KeySlab _slab;
    private readonly byte[] _publicKey = new byte[KeyLength];
    private readonly KeySlot _privateKey;
    private bool _disposed;

    private StaticKeyPair(KeySlab slab)
    {
        _slab = slab;
        _privateKey = slab.Rent();
    }

    /// <summary>The public key, 32 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>Makes a new key pair of 32 secret bytes.</summary>
    /// <exception cref="KeySlabExhaustedException">The slab is full.</exception>
    public static StaticKeyPair Generate(SecretSource secrets, KeySlab slab)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        ArgumentNullException.ThrowIfNull(slab);
        StaticKeyPair pair = new(slab);
        secrets.Fill(pair._privateKey.DangerousBytes);
        X25519.ComputePublicKey(pair._privateKey.DangerousBytes, pair._publicKey);
        return pair;
    }

    /// <summary>Takes a copy of a raw 32-byte private key (clamped when used, as RFC 7748 says).</summary>
    /// <exception cref="ArgumentException">The key is not 32 bytes.</exception>
    /// <exception cref="KeySlabExhaustedException">The slab is full.</exception>
    public static StaticKeyPair Import(ReadOnlySpan<byte> privateKey, KeySlab slab)
    {
        ArgumentNullException.ThrowIfNull(slab);
        if (privateKey.Length != KeyLength)
            throw new ArgumentException("The private key is 32 bytes.", nameof(privateKey));
        StaticKeyPair pair = new(slab);
        privateKey.CopyTo(pair._privateKey.DangerousBytes);
        X25519.ComputePublicKey(pair._privateKey.DangerousBytes, pair._publicKey);
        return pair;
    }

    /// <summary>
    /// Whether somebody's public key is worth a handshake: 32 bytes, and not of small order (spec/handshake.md,
    /// section 7). To be asked where keys come in, with a descriptor.
    /// </summary>
    public static bool IsUsablePublicKey(ReadOnlySpan<byte> publicKey) =>
        publicKey.Length == KeyLength && X25519.IsUsable(publicKey);

    /// <summary>Writes the raw private key, to be sealed and stored by the caller, who zeroes it afterwards.</summary>
    /// <exception cref="ArgumentException">The destination is not 32 bytes.</exception>
    /// <exception cref="ObjectDisposedException">The key pair or its slab is disposed.</exception>
    public void ExportPrivateKey(Span<byte> destination)
    {
        if (destination.Length != KeyLength)
            throw new ArgumentException("The destination is 32 bytes.", nameof(destination));
        ObjectDisposedException.ThrowIf(_disposed || _slab.IsDisposed, this);
        _privateKey.DangerousBytes.CopyTo(destination);
    }

    /// <summary>Zeroes the private key and gives its slot back. May be called again.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _slab.Return(_privateKey);
    }

    /// <inheritdoc/>
    public override string ToString() => nameof(StaticKeyPair);

    /// <summary>DH(this, publicKey). False if the result is zero.</summary>
    internal bool TryDiffieHellman(ReadOnlySpan<byte> publicKey, Span<byte> shared)
    {
        Debug.Assert(shared.Length == KeyLength, "X25519 results are 32 bytes");
        ObjectDisposedException.ThrowIf(_disposed || _slab.IsDisposed, this);
        bool nonZero = X25519.TryDiffieHellman(_privateKey.DangerousBytes, publicKey, shared);
        if (!_slab.IsDisposed)
            return nonZero;
        CryptographicOperations.ZeroMemory(shared);
        throw new ObjectDisposedException(nameof(KeySlab));
    }
}
