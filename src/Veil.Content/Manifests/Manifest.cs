using Veil.Content.Eris;
using Veil.Content.Stripes;
using Veil.Wire;

namespace Veil.Content.Manifests;

/// <summary>What one file or folder is (spec/manifest.md). Secret: it carries the capability of the data.</summary>
public sealed record Manifest
{
    /// <summary>MIME type of every folder.</summary>
    public const string FolderType = "inode/directory";

    /// <summary>The longest index of a folder, in bytes.</summary>
    public const int MaxIndexBytes = 32 << 20;

    /// <summary>Puts a manifest together.</summary>
    /// <param name="name">A name that <see cref="FileName.IsValid"/> accepts.</param>
    /// <param name="size">Of the content, and of a folder's index.</param>
    /// <param name="mimeType">A type that <see cref="MimeTypes.IsValid"/> accepts.</param>
    /// <param name="capabilities">Of the data and of the stripe map.</param>
    /// <param name="entityDigest">See <see cref="EntityDigest"/>.</param>
    /// <exception cref="ArgumentException">Something does not fit: see <see cref="Fits"/>.</exception>
    public Manifest(
        string name,
        ContentSize size,
        string mimeType,
        ManifestCapabilities capabilities,
        Bytes32 entityDigest)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(mimeType);
        ArgumentNullException.ThrowIfNull(capabilities);
        if (!Fits(name, size, mimeType, capabilities)) throw new ArgumentException("not a manifest that may exist");
        Name = name;
        Size = size;
        MimeType = mimeType;
        Capabilities = capabilities;
        EntityDigest = entityDigest;
    }

    /// <summary>The name of the file or folder, one harmless path component.</summary>
    public string Name { get; }

    /// <summary>Of the content, and of a folder's index.</summary>
    public ContentSize Size { get; }

    /// <summary>MIME type without parameters; <see cref="FolderType"/> of a folder.</summary>
    public string MimeType { get; }

    /// <summary>Of the data and of the stripe map.</summary>
    public ManifestCapabilities Capabilities { get; }

    /// <summary>Changes exactly when the bytes do (spec/manifest.md, section 4).</summary>
    public Bytes32 EntityDigest { get; }

    /// <summary>What its publisher says about it (spec/manifest.md, section 7).</summary>
    public ManifestStatements Statements { get; init; } = ManifestStatements.None;

    /// <summary>Who signed it, or null (spec/manifest.md, section 8).</summary>
    public ManifestSignature? Signature { get; init; }

    /// <summary>Parity of all stripes (spec/stripe.md, section 1).</summary>
    public ParityLevel Level { get; init; }

    /// <summary>How the data lies in stripes.</summary>
    internal StripePlan Plan => new(Size.Leaves, Level);

    /// <summary>What is read first (spec/manifest.md, section 9), or null.</summary>
    public OpeningStripe? Opening { get; init; }

    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(Manifest);

    /// <summary>
    /// True where the values make a manifest: name, type, size and capabilities agree with the spec.
    /// </summary>
    public static bool Fits(string name, ContentSize size, string mimeType, ManifestCapabilities capabilities) =>
        FileName.IsValid(name)
        && MimeTypes.IsValid(mimeType)
        && size.IsPossible
        && (size.Kind == ContentKind.File || mimeType == FolderType)
        && capabilities.Data.BlockBytes == ErisLayout.BlockBytes
        && capabilities.Data.Level == ErisLayout.RootLevel(size.Leaves)
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
