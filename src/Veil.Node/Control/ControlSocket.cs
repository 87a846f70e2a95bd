#pragma warning disable RS0030 // The one socket of the control API: a file in the data folder, never the network.
using System.Net.Sockets;
using System.Text;
using Veil.Node.Configuration;

namespace Veil.Node.Control;

/// <summary>The Unix socket of the control API (spec/control.md, section 1): its place, its rights, the way to
/// it.</summary>
public static class ControlSocket
{
    /// <summary>Longest path, in bytes of UTF-8: what <c>sun_path</c> holds with its final zero (unix(7)).</summary>
    public const int MaxPathBytes = 107;

    /// <summary>The file's name in the data folder.</summary>
    public const string FileName = "control.sock";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The socket of a data folder, as an absolute path.</summary>
    /// <exception cref="ControlException">Code <c>path_too_long</c>.</exception>
    public static string In(string dataFolder)
    {
        string path = Path.GetFullPath(Path.Combine(dataFolder, FileName));
        int bytes = Encoding.UTF8.GetByteCount(path);
        return bytes <= MaxPathBytes
            ? path
            : throw new ControlException(400, new ControlError(
                "path_too_long",
                $"the control socket's path has {bytes} bytes: a Unix socket's may have {MaxPathBytes}",
                "use a data folder with a shorter path: --data DIR, or the environment variable VEIL_DATA"));
    }

    /// <summary>Makes the folder private and the place free. Before binding.</summary>
    /// <exception cref="ControlException">Codes <c>path_too_long</c>, <c>already_running</c>,
    /// <c>not_private</c>.</exception>
    internal static async Task PrepareAsync(string path, CancellationToken cancellationToken)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        In(folder);
        MakePrivate(folder);
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            using var living = await ConnectAsync(path, cancellationToken);
        }
        catch (SocketException dead) when (dead.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Left behind by a process that was killed.
            File.Delete(path);
            return;
        }

        throw new ControlException(409, new ControlError(
            "already_running",
            "a node is running on this data folder already",
            "stop it first, or give this one a folder of its own with --data DIR"));
    }

    /// <summary>Lets nobody but the owner connect. After binding; until then the folder's mode does.</summary>
    internal static void Restrict(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
    }

    /// <summary>A connection to it.</summary>
    /// <exception cref="SocketException">Nobody answers there.</exception>
    internal static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void MakePrivate(string folder)
    {
        try
        {
            PrivateFolder.Take(folder);
        }
        catch (NodeStartException refused)
        {
            throw new ControlException(400, new ControlError(refused.Code, refused.Message, refused.Hint));
        }
        catch (UnauthorizedAccessException)
        {
            throw new ControlException(400, new ControlError(
                "not_private",
                "the data folder may not be made here",
                "name a folder of your own with --data DIR or VEIL_DATA"));
        }
    }
}
