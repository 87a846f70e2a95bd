using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Veil.Cli.Files;

/// <summary>What a path leads to.</summary>
internal enum FileKind
{
    /// <summary>Nothing, or nothing that may be looked at.</summary>
    Missing,

    /// <summary>A file.</summary>
    Regular,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A named pipe.</summary>
    Pipe,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A device.</summary>
    Device,
}

/// <summary>
/// What the system knows of a path without opening it: opening a named pipe would wait for its other end. From
/// statx(2), whose layout is the same on every Linux; elsewhere from what the framework tells.
/// </summary>
/// <param name="Kind">Links are followed.</param>
/// <param name="Length">In bytes.</param>
/// <param name="ChangedAt">Last change of the content; comparable with others of the same file only.</param>
/// <param name="Identity">Device and number of the file: another file under the same name has another.</param>
/// <param name="Owner">User id, or null where there is none.</param>
internal readonly partial record struct FileFacts(
    FileKind Kind,
    long Length,
    (long Seconds, uint Nanoseconds) ChangedAt,
    (ulong Device, ulong Number) Identity,
    uint? Owner)
{
    private const int CurrentFolder = -100;
    private const int TheFolderItself = 0x1000;
    private const uint BasicFields = 0x7FF;
    private const int ResultBytes = 256;
    private const int KindMask = 0xF000;

    /// <summary>The user id that this process acts as.</summary>
    internal static uint? CurrentUser => OperatingSystem.IsLinux() ? geteuid() : null;

    /// <summary>Looks at a path.</summary>
    internal static FileFacts Of(string path) => OperatingSystem.IsLinux()
        ? Stat(CurrentFolder, [.. Encoding.UTF8.GetBytes(path), 0], 0)
        : Portable(path);

    /// <summary>Looks at what is open, on Linux.</summary>
    internal static FileFacts Of(SafeFileHandle open) => Stat((int)open.DangerousGetHandle(), [0], TheFolderItself);

    private static FileFacts Stat(int folder, byte[] name, int flags)
    {
        var result = new byte[ResultBytes];
        if (statx(folder, name, flags, BasicFields, result) != 0)
        {
            return default;
        }

        return new FileFacts(
            KindOf(BitConverter.ToUInt16(result, 28) & KindMask),
            BitConverter.ToInt64(result, 40),
            (BitConverter.ToInt64(result, 112), BitConverter.ToUInt32(result, 120)),
            (BitConverter.ToUInt64(result, 136), BitConverter.ToUInt64(result, 32)),
            BitConverter.ToUInt32(result, 20));
    }

    private static FileFacts Portable(string path)
    {
        if (System.IO.Directory.Exists(path))
        {
            return new FileFacts(FileKind.Folder, 0, default, default, null);
        }

        var file = new FileInfo(path);
        return file.Exists
            ? new FileFacts(FileKind.Regular, file.Length, (file.LastWriteTimeUtc.Ticks, 0), default, null)
            : default;
    }

    private static FileKind KindOf(int format) => format switch
    {
        0x8000 => FileKind.Regular,
        0x4000 => FileKind.Folder,
        0x1000 => FileKind.Pipe,
        0xC000 => FileKind.Socket,
        _ => FileKind.Device,
    };

    [LibraryImport("libc")]
    private static partial int statx(int folder, byte[] path, int flags, uint mask, byte[] result);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
