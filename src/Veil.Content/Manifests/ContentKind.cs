namespace Veil.Content.Manifests;

/// <summary>What a manifest describes (spec/manifest.md, section 1).</summary>
public enum ContentKind
{
    /// <summary>One file.</summary>
    File = 0,

    /// <summary>A folder: its files one after another, and their index (spec/manifest.md, section 6).</summary>
    Folder = 1,
}
