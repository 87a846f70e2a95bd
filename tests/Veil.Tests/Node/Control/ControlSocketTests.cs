using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using Veil.Node.Control;
using Xunit;

namespace Veil.Tests.Node.Control;

/// <summary>The socket's place and rights (spec/control.md, section 1).</summary>
public sealed class ControlSocketTests(LabHouse house) : IDisposable
{
    private const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-socket-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Only_the_owner_can_open_the_socket_and_look_into_its_folder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are of Unix");
        string data = Path.Combine(_folder.FullName, "data");
        System.IO.Directory.CreateDirectory(data, Folder | UnixFileMode.GroupRead | UnixFileMode.OtherExecute);
        await using var server = await StartAsync(data);

        Assert.Equal(Folder, File.GetUnixFileMode(data));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "control.sock")));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_folder_that_is_shared_on_purpose_is_refused_and_left_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are of Unix");
        const UnixFileMode Shared = Folder | UnixFileMode.OtherWrite | UnixFileMode.StickyBit;
        string data = Path.Combine(_folder.FullName, "tmp");
        System.IO.Directory.CreateDirectory(data);
        File.SetUnixFileMode(data, Shared);

        var refused = await Assert.ThrowsAsync<ControlException>(() => StartAsync(data));

        Assert.Equal("not_private", refused.Error.Code);
        Assert.Equal(Shared, File.GetUnixFileMode(data));
    }

    [Fact]
    public async Task A_socket_at_which_nobody_answers_is_replaced()
    {
        string path = ControlSocket.In(_folder.FullName);
        LeaveBehind(path);

        Assert.True(File.Exists(path));
        await using var server = await StartAsync(_folder.FullName);

        using var client = new ControlClient(path);
        Assert.Equal("gateway", (await client.GetStatusAsync(Token)).Name);
    }

    [Fact]
    public async Task A_socket_at_which_a_node_answers_is_not_taken()
    {
        await using var server = await StartAsync(_folder.FullName);

        var refused = await Assert.ThrowsAsync<ControlException>(() => StartAsync(_folder.FullName));

        Assert.Equal("already_running", refused.Error.Code);
        using var client = new ControlClient(ControlSocket.In(_folder.FullName));
        Assert.Equal("gateway", (await client.GetStatusAsync(Token)).Name);
    }

    [Fact]
    public void A_path_over_107_bytes_is_refused_with_the_way_out()
    {
        string longest = "/" + new string('d', ControlSocket.MaxPathBytes - "//control.sock".Length);

        Assert.Equal(ControlSocket.MaxPathBytes, ControlSocket.In(longest).Length);
        var refused = Assert.Throws<ControlException>(() => ControlSocket.In(longest + "d"));

        Assert.Equal("path_too_long", refused.Error.Code);
        Assert.Contains("107", refused.Error.Message, StringComparison.Ordinal);
        Assert.Contains("--data", refused.Error.Hint, StringComparison.Ordinal);
        Assert.Contains("VEIL_DATA", refused.Error.Hint, StringComparison.Ordinal);
        Assert.Throws<ControlException>(() => ControlSocket.In("/" + new string('ä', 50)));
    }

    // A process that was killed leaves its socket; renamed, this one is not removed when it is closed.
    private static void LeaveBehind(string path)
    {
#pragma warning disable RS0030 // It stands for another process's socket, a file in a folder of the test.
        using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        dead.Bind(new UnixDomainSocketEndPoint(path + "2"));
#pragma warning restore RS0030
        File.Move(path + "2", path);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<ControlServer> StartAsync(string data)
    {
        await house.ReadyAsync();
        var server = new ControlServer(house.Surface, Path.Combine(data, "control.sock"), NullLoggerFactory.Instance);
        try
        {
            await server.StartAsync(Token);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }
}
