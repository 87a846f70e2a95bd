using System.Security.Cryptography;
using Veil.Content.Manifests;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Wire;
using Veil.Wire.Names;

namespace Veil.Content.Names;

/// <summary>
/// The secret key of a name: signs its records, days ahead (spec/name.md, section 3). Wiped when disposed.
/// </summary>
public sealed class NameKey : IDisposable
{
    /// <summary>Bytes of the seed, which is all there is to keep.</summary>
    public const int SeedBytes = BlindedEd25519.KeyLength;

    /// <summary>Days before the present one that are signed: readers' clocks may be behind.</summary>
    public const int DaysBehind = 1;

    /// <summary>Days after the present one that are signed: one less than stores take, for clocks that are
    /// off.</summary>
    public const int DaysAhead = NameRecordLayout.DaysAhead - 1;

    private readonly byte[] _seed = GC.AllocateArray<byte>(SeedBytes, pinned: true);
    private readonly byte[] _secret = GC.AllocateArray<byte>(BlindedEd25519.SecretLength, pinned: true);

    private NameKey(ReadOnlySpan<byte> seed)
    {
        seed.CopyTo(_seed);
        BlindedEd25519.Expand(_seed, _secret);
        Bytes32 key = default;
        BlindedEd25519.ComputePublicKey(_secret, key);
        Address = NameAddress.Of(key);
    }

    /// <summary>The name.</summary>
    public NameAddress Address { get; }

    /// <summary>Makes a new key.</summary>
    public static NameKey Generate(SecretSource secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        Span<byte> seed = stackalloc byte[SeedBytes];
        secrets.Fill(seed);
        var key = new NameKey(seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }

    /// <summary>Takes a key that was kept.</summary>
    /// <param name="seed">32 bytes; for the caller to wipe.</param>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static NameKey FromSeed(ReadOnlySpan<byte> seed) => new(seed);

    /// <summary>Copies the seed out: for the caller to wipe.</summary>
    public void CopySeed(Span<byte> seed) => _seed.CopyTo(seed);

    /// <summary>Signs a version for one day.</summary>
    public NameRecord Sign(NameContent content, NameDay day)
    {
        ArgumentNullException.ThrowIfNull(content);
        Span<byte> bytes = stackalloc byte[NameRecordLayout.Bytes];
        Span<byte> blinded = stackalloc byte[BlindedEd25519.SecretLength];
        Span<byte> message = stackalloc byte[NameRecord.SignatureDomain.Length + NameRecordLayout.SignedBytes];
        BlindedEd25519.BlindSecret(_secret, NameBlinding.Parameter(Address.Key, day).AsSpan(), blinded);
        var key = NameBlinding.KeyOf(Address, day);
        NameRecord.WriteHeader(bytes, day, content.Sequence, key);
        NameSeal.Seal(Address, key, day, content, bytes);
        NameRecord.SignatureDomain.CopyTo(message);
        bytes[..NameRecordLayout.SignedBytes].CopyTo(message[NameRecord.SignatureDomain.Length..]);
        BlindedEd25519.Sign(blinded, key.Value.AsSpan(), message, bytes[NameRecordLayout.SignedBytes..]);
        CryptographicOperations.ZeroMemory(blinded);
        return NameRecord.TryParse(bytes, out var record)
            ? record
            : throw new InvalidOperationException("what was signed verifies");
    }

    /// <summary>Signs a version for every day from yesterday to the last that stores take for certain.</summary>
    /// <param name="sequence">From 1; larger than every one before.</param>
    /// <param name="target">What the name is to stand for.</param>
    /// <param name="today">The present day.</param>
    public IReadOnlyList<NameRecord> SignAhead(ulong sequence, Veil.Content.Keys.ContentKey target, NameDay today)
    {
        var content = new NameContent(sequence, target, today.Plus(DaysAhead));
        return [.. Enumerable.Range(-DaysBehind, DaysBehind + DaysAhead + 1)
            .Select(offset => Sign(content, today.Plus(offset)))];
    }

    /// <summary>Signs a manifest (spec/manifest.md, section 8).</summary>
    /// <param name="manifest">Its bytes, this key being the signer, with zeros in place of the signature.</param>
    /// <returns>64 bytes.</returns>
    /// <exception cref="ArgumentException">It has no place for a signature.</exception>
    public byte[] SignManifest(ReadOnlyMemory<byte> manifest)
    {
        var signature = new byte[ManifestSignature.Bytes];
        BlindedEd25519.Sign(_secret, Address.Key.AsSpan(), ManifestSignature.MessageOf(manifest), signature);
        return signature;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_seed);
        CryptographicOperations.ZeroMemory(_secret);
    }
}
