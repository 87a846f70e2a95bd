using System.Runtime.Versioning;
using Veil.Storage;

namespace Veil.Node.Configuration;

/// <summary>Makes a data folder and keeps others out of it (spec/control.md, section 1).</summary>
internal static class PrivateFolder
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const string OwnFolder = "name a folder of your own with --data DIR or VEIL_DATA";

    /// <summary>Makes the folder if it is missing; one that exists loses the rights of group and others.</summary>
    /// <exception cref="NodeStartException">Code <c>not_private</c>: it is shared on purpose or another user's, and was
    /// left as it is.</exception>
    /// <exception cref="IOException">It cannot be made, or its disk is read-only.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    internal static void Take(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(folder);
            return;
        }

        System.IO.Directory.CreateDirectory(folder, OwnerOnly);

        // Before anything is changed: root could take any folder from its owner, who could not use it any more.
        if (FolderOwner.IsForeign(folder, out uint owner, out uint self))
        {
            throw NotPrivate(
                $"the data folder belongs to user {owner}, and this is user {self}",
                $"start the node as its owner, like `sudo -u '#{owner}' veil run`; or name a folder of your own "
                    + "with --data DIR or VEIL_DATA");
        }

        var mode = File.GetUnixFileMode(folder);
        if (mode.HasFlag(UnixFileMode.StickyBit))
        {
            // A folder that is shared on purpose, such as /tmp: not ours to close to others.
            throw NotPrivate("the data folder is shared with others", OwnFolder);
        }

        if ((mode & ~OwnerOnly) != 0)
        {
            Close(folder, mode & OwnerOnly);
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static void Close(string folder, UnixFileMode mode)
    {
        try
        {
            File.SetUnixFileMode(folder, mode);
        }
        catch (UnauthorizedAccessException fault)
        {
            throw NotPrivate("the data folder belongs to somebody else", OwnFolder, fault);
        }
    }

    private static NodeStartException NotPrivate(string message, string hint, Exception? inner = null) =>
        new("not_private", message, hint, inner);
}
