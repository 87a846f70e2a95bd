namespace Veil.Tools.Release.Archives;

/// <summary>
/// One file of an archive: its path with slashes and without a leading one, who may do what, and either its bytes or,
/// for a symbolic link, where it leads.
/// </summary>
/// <param name="Path">For example <c>usr/bin/veil</c>.</param>
/// <param name="Mode">Permission bits; links have none of their own.</param>
/// <param name="Content">The bytes; empty for a link.</param>
/// <param name="LinkTarget">Where a symbolic link leads, or null.</param>
internal sealed record FileEntry(string Path, UnixFileMode Mode, ReadOnlyMemory<byte> Content,
    string? LinkTarget = null)
{
    /// <summary>0644.</summary>
    internal const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite
        | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>0755, of programs and folders.</summary>
    internal const UnixFileMode Executable = Plain
        | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>A file that everybody may read.</summary>
    internal static FileEntry Text(string path, string text) =>
        new(path, Plain, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>A symbolic link.</summary>
    internal static FileEntry Link(string path, string target) => new(path, Executable, default, target);

    /// <summary>The same file under another folder.</summary>
    internal FileEntry Under(string folder) => this with { Path = $"{folder}/{Path}" };
}
