using System.Runtime.InteropServices;

namespace Veil.Storage;

/// <summary>Whose a folder is, for which .NET has no call. Linux only: elsewhere every folder passes.</summary>
public static partial class FolderOwner
{
    // The whole of struct statx (statx(2)), which is laid out alike on every processor; stx_uid follows three words of
    // 32 bits and one of 64.
    private const int StatBytes = 256;
    private const int OwnerAt = 20;
    private const int CurrentFolder = -100;
    private const uint OwnerOnly = 0x8;

    /// <summary>Whether another user than the one who runs this process owns the folder.</summary>
    /// <param name="folder">A folder that exists.</param>
    /// <param name="owner">The owner's number, where it is another user.</param>
    /// <param name="self">The number of the user who runs this process.</param>
    /// <exception cref="IOException">The folder cannot be looked at.</exception>
    public static bool IsForeign(string folder, out uint owner, out uint self)
    {
        (owner, self) = (0, 0);
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var stat = new byte[StatBytes];
        if (Look(CurrentFolder, folder, 0, OwnerOnly, stat) != 0)
        {
            throw new IOException($"cannot look at the folder {folder} (error {Marshal.GetLastPInvokeError()})");
        }

        owner = BitConverter.ToUInt32(stat, OwnerAt);
        self = EffectiveUser();
        return owner != self;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Look(int folder, string path, int flags, uint mask, [Out] byte[] stat);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
