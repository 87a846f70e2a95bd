using Geralt;
using Veil.Wire;

namespace Veil.Content.Manifests;

/// <summary>Computes a manifest's entity digest while content passes by (spec/manifest.md, section 4).</summary>
public sealed class EntityDigest : IDisposable
{
    private readonly IncrementalBLAKE2b _hash;

    /// <summary>Starts with no content.</summary>
    public EntityDigest()
    {
        Bytes32 key = default;
        BLAKE2b.ComputeHash(key, "veil entity tag v1"u8);
        _hash = new IncrementalBLAKE2b(Bytes32.Size, key.AsSpan());
    }

    /// <summary>Of bytes that are all there.</summary>
    public static Bytes32 Of(ReadOnlySpan<byte> content)
    {
        using EntityDigest digest = new();
        digest.Append(content);
        return digest.Finish();
    }

    /// <summary>Adds content.</summary>
    public void Append(ReadOnlySpan<byte> content) => _hash.Update(content);

    /// <summary>The digest; the object is used up.</summary>
    public Bytes32 Finish()
    {
        Bytes32 digest = default;
        _hash.Finalize(digest);
        return digest;
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
