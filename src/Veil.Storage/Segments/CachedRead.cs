using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Veil.Storage.Segments;

/// <summary>
/// Reads what the system has in memory and never waits for a disk, for which .NET has no call: RWF_NOWAIT of
/// preadv2(2). Where there is no such call nothing is ever in memory.
/// </summary>
internal static unsafe partial class CachedRead
{
    private const int NoWait = 0x8;

    private static volatile bool _isAbsent = !OperatingSystem.IsLinux();

    /// <summary>Reads all of it; false when the disk would have to be asked, or the file ends before.</summary>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    internal static bool TryRead(SafeFileHandle file, Span<byte> destination, long offset)
    {
        if (_isAbsent)
        {
            return false;
        }

        try
        {
            fixed (byte* bytes = destination)
            {
                var into = new Buffer { Start = bytes, Length = (nuint)destination.Length };
                return Read(file, &into, 1, offset, NoWait) == destination.Length;
            }
        }
        catch (EntryPointNotFoundException)
        {
            // A C library without it.
            _isAbsent = true;
            return false;
        }
    }

    // 64-bit systems only, where off_t is a long.
    [LibraryImport("libc", EntryPoint = "preadv2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Read(SafeFileHandle file, Buffer* into, int count, long offset, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        internal byte* Start;
        internal nuint Length;
    }
}
