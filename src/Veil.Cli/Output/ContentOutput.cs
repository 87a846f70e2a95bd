using Microsoft.Win32.SafeHandles;

namespace Veil.Cli.Output;

/// <summary>
/// Standard output for content. The console's own stream says nothing when whoever reads a pipe has gone (as head
/// does): all would be fetched for nobody.
/// </summary>
internal static class ContentOutput
{
    private const int Handle = 1;

    /// <summary>Opens it; writing to a pipe that nobody reads any more fails.</summary>
    /// <exception cref="IOException">There is none.</exception>
    internal static Stream Open() => OperatingSystem.IsWindows() || !Console.IsOutputRedirected
        ? Console.OpenStandardOutput()
        : Of(new SafeFileHandle(Handle, ownsHandle: false), Console.OpenStandardOutput);

    /// <summary>A stream on a handle, or the other where the handle has a position: a stream of a file's would not
    /// move it, and what the shell has write there next would be written over it.</summary>
    internal static Stream Of(SafeFileHandle handle, Func<Stream> other)
    {
        // Without a buffer: what was verified is handed on at once.
        var stream = new FileStream(handle, FileAccess.Write, bufferSize: 0);
        if (!stream.CanSeek)
        {
            return stream;
        }

        stream.Dispose();
        return other();
    }
}
