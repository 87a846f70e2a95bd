using Veil.Content.Eris;
using Veil.Wire;

namespace Veil.Content.Manifests;

/// <summary>What one file is (spec/manifest.md). Secret: it carries the capability of the data.</summary>
public sealed record Manifest
{
    /// <summary>Puts a manifest together.</summary>
    /// <param name="name">A name that <see cref="FileName.IsValid"/> accepts.</param>
    /// <param name="length">Bytes of content.</param>
    /// <param name="mimeType">A type that <see cref="MimeTypes.IsValid"/> accepts.</param>
    /// <param name="capabilities">Of the data and of the stripe map.</param>
    /// <param name="entityDigest">See <see cref="EntityDigest"/>.</param>
    /// <exception cref="ArgumentException">Something does not fit: see <see cref="Fits"/>.</exception>
    public Manifest(
        string name,
        long length,
        string mimeType,
        ManifestCapabilities capabilities,
        Bytes32 entityDigest)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(mimeType);
        ArgumentNullException.ThrowIfNull(capabilities);
        if (!Fits(name, length, mimeType, capabilities)) throw new ArgumentException("not a manifest that may exist");
        Name = name;
        Length = length;
        MimeType = mimeType;
        Capabilities = capabilities;
        EntityDigest = entityDigest;
    }

    /// <summary>The file's name, one harmless path component.</summary>
    public string Name { get; }

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>MIME type without parameters.</summary>
    public string MimeType { get; }

    /// <summary>Of the data and of the stripe map.</summary>
    public ManifestCapabilities Capabilities { get; }

    /// <summary>Changes exactly when the bytes do (spec/manifest.md, section 4).</summary>
    public Bytes32 EntityDigest { get; }


    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(Manifest);

    /// <summary>
    /// True where the values make a manifest: name, type, length and capabilities agree with the spec.
    /// </summary>
    public static bool Fits(string name, long length, string mimeType, ManifestCapabilities capabilities) =>
        FileName.IsValid(name)
        && MimeTypes.IsValid(mimeType)
        && length is >= 0 and <= ErisLayout.MaxContentBytes
        && capabilities.Data.BlockBytes == ErisLayout.BlockBytes
        && capabilities.Data.Level == ErisLayout.RootLevel(ErisLayout.LeafCount(length))
        && capabilities.StripeMap.BlockBytes == ErisLayout.BlockBytes
        && capabilities.StripeMap.Level <= ErisLayout.MaxLevel;
}

/// <summary>The two capabilities of a file: to read it, and to keep it alive without reading.</summary>
/// <param name="Data">Reads.</param>
/// <param name="StripeMap">The repair capability (spec/stripe.md, section 3).</param>
public sealed record ManifestCapabilities(ReadCapability Data, ReadCapability StripeMap)
{
    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(ManifestCapabilities);
}
