using System.Net.Sockets;
using System.Runtime.Versioning;
using Veil.Node.Control;
using Xunit;

namespace Veil.Tests.Node.Control;

/// <summary>What it means that a node's socket cannot be connected to (spec/control.md, section 3).</summary>
public sealed class ControlReachTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SocketError.AddressNotAvailable, ControlClient.NotRunning)]
    [InlineData(SocketError.ConnectionRefused, ControlClient.NotRunning)]
    [InlineData(SocketError.AccessDenied, ControlClient.NotAllowed)]
    [InlineData(SocketError.WouldBlock, ControlClient.NotReached)]
    [InlineData(SocketError.TooManyOpenSockets, ControlClient.NotReached)]
    public void Only_a_socket_that_is_missing_or_dead_means_that_no_node_runs(SocketError cause, string code) =>
        Assert.Equal(code, ControlClient.Unreachable(cause).Error.Code);

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_folder_of_another_user_is_not_one_without_a_node()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "modes are of Unix");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "nothing is closed to root: run the tests as another user");
        var folder = System.IO.Directory.CreateTempSubdirectory("veil-closed-");
        try
        {
            File.SetUnixFileMode(folder.FullName, UnixFileMode.None);
            using var client = new ControlClient(ControlSocket.In(folder.FullName));

            var told = await Assert.ThrowsAsync<ControlException>(() => client.GetStatusAsync(Token));

            Assert.Equal(ControlClient.NotAllowed, told.Error.Code);
        }
        finally
        {
            folder.Delete();
        }
    }
}
