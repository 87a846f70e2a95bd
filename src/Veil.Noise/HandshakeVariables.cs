using System.Security.Cryptography;
using Veil.Noise.Ciphers;
using Veil.Noise.Hashes;

namespace Veil.Noise;

/// <summary>
/// All of a handshake that a message changes: the symmetric state, the ephemeral keys of this end, the public keys of
/// the other. A message works on a copy, which takes the original's place only if the whole message was good.
/// </summary>
internal sealed class HandshakeVariables<TCipher, THash> : IDisposable
    where TCipher : INoiseCipher
    where THash : INoiseHash
{
    private readonly byte[] _ephemeral = GC.AllocateArray<byte>(X25519.KeyLength, pinned: true);
    private readonly byte[] _public = new byte[3 * X25519.KeyLength];

    // Made only where the pattern needs them; shared by the copies, since each is written once and never changed.
    private byte[]? _decapsulationKey;
    private byte[]? _remoteEncapsulationKey;

    /// <summary>ck, h, k, n.</summary>
    internal SymmetricState<TCipher, THash> Symmetric { get; } = new();

    /// <summary>The private half of e.</summary>
    internal Span<byte> EphemeralPrivate => _ephemeral;

    /// <summary>e.</summary>
    internal Span<byte> Ephemeral => _public.AsSpan(0, X25519.KeyLength);

    /// <summary>re.</summary>
    internal Span<byte> RemoteEphemeral => _public.AsSpan(X25519.KeyLength, X25519.KeyLength);

    /// <summary>rs.</summary>
    internal Span<byte> RemoteStatic => _public.AsSpan(2 * X25519.KeyLength, X25519.KeyLength);

    /// <summary>Whether rs is known.</summary>
    internal bool HasRemoteStatic { get; set; }

    /// <summary>The private half of e1; empty before it is made.</summary>
    internal ReadOnlySpan<byte> DecapsulationKey => _decapsulationKey;

    /// <summary>re1; empty before it is read.</summary>
    internal ReadOnlySpan<byte> RemoteEncapsulationKey => _remoteEncapsulationKey;

    /// <summary>Room for the private half of e1, of this copy alone until it takes the original's place.</summary>
    internal Span<byte> NewDecapsulationKey() =>
        _decapsulationKey = GC.AllocateUninitializedArray<byte>(MLKem768.DecapsulationKeyLength, pinned: true);

    /// <summary>Room for re1.</summary>
    internal Span<byte> NewRemoteEncapsulationKey() =>
        _remoteEncapsulationKey = new byte[MLKem768.EncapsulationKeyLength];

    /// <summary>Takes over another's variables.</summary>
    internal void CopyFrom(HandshakeVariables<TCipher, THash> other)
    {
        Symmetric.CopyFrom(other.Symmetric);
        other._ephemeral.CopyTo(_ephemeral.AsSpan());
        other._public.CopyTo(_public.AsSpan());
        HasRemoteStatic = other.HasRemoteStatic;
        _decapsulationKey = other._decapsulationKey;
        _remoteEncapsulationKey = other._remoteEncapsulationKey;
    }

    /// <summary>
    /// Zeroes this copy. The decapsulation key is zeroed too, unless <paramref name="kept"/> still uses it.
    /// </summary>
    internal void Clear(HandshakeVariables<TCipher, THash>? kept)
    {
        Symmetric.Clear();
        CryptographicOperations.ZeroMemory(_ephemeral);
        CryptographicOperations.ZeroMemory(_public);
        HasRemoteStatic = false;
        if (_decapsulationKey is not null && !ReferenceEquals(_decapsulationKey, kept?._decapsulationKey))
            CryptographicOperations.ZeroMemory(_decapsulationKey);
        _decapsulationKey = null;
        _remoteEncapsulationKey = null;
    }

    /// <summary>Zeroes what a finished handshake has no more use for; h and rs stay.</summary>
    internal void ClearSecrets()
    {
        Symmetric.ClearSecrets();
        CryptographicOperations.ZeroMemory(_ephemeral);
        CryptographicOperations.ZeroMemory(_decapsulationKey);
        _decapsulationKey = null;
        _remoteEncapsulationKey = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Clear(null);
}
