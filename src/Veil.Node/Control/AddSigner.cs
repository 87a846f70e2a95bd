using Veil.Content.Manifests;
using Veil.Content.Names;

namespace Veil.Node.Control;

/// <summary>
/// Who signs what is sent to be published; the key stays with the client (spec/manifest.md, section 8).
/// </summary>
/// <param name="Address">The name whose key signs.</param>
/// <param name="Sign">Signs a manifest that has zeros in place of the signature: 64 bytes.</param>
public sealed record AddSigner(NameAddress Address, Func<ReadOnlyMemory<byte>, byte[]> Sign)
{
    /// <summary>Signs what says what it was told to: name, kind, length, level, statements and signer.</summary>
    /// <exception cref="ControlException">It says something else.</exception>
    internal byte[] SignFor(AddFile file, ReadOnlyMemory<byte> manifest) =>
        ManifestCodec.TryDecode(manifest, out var read)
        && read.Signature?.Signer == Address
        && read.Name == FileName.Sanitize(file.Name)
        && read.Size.Kind == (file.Folder is null ? ContentKind.File : ContentKind.Folder)
        && read.Size.Length == file.Length
        && read.Level == file.Level
        && read.Statements == file.Statements
            ? Sign(manifest)
            : throw new ControlException(409, new(
                "not_signed",
                "the node asked for a signature of something else; nothing was signed or published",
                "use a veil of the node's version"));
}
