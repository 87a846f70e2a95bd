using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Veil.Tools.Testnet.Auditing;

/// <summary>Files that a running node has for itself: its locks are advice that the framework's own files take, and
/// that looking on does not need.</summary>
internal static partial class UnlockedFile
{
    private const int ReadOnlyCloseOnExec = 0x8_0000;
    private const int NoSuchEntry = 2;

    /// <summary>Opens a file to read from it; null when it is gone.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal static SafeFileHandle? Open(string path)
    {
        var number = OpenFile(path, ReadOnlyCloseOnExec);
        if (number >= 0)
        {
            return new SafeFileHandle(number, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoSuchEntry ? null
            : throw new IOException($"cannot read {path}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenFile(string path, int flags);
}
