using System.Net;
using System.Net.Sockets;
using Veil.Node.Hosting;
using Veil.Storage;
using Xunit;

namespace Veil.Tests.Node.Hosting;

public sealed class StartFaultsTests
{
    private static readonly IPEndPoint[] _listeners = [new(IPAddress.Loopback, 80)];

    [Fact]
    public void A_full_disk_is_no_port_in_use()
    {
        var told = StartFaults.Of(new StorageException(StorageFault.DiskFull, "the disk is full"), _listeners);

        Assert.Equal(("storage", "the disk is full"), (told?.Code, told?.Message));
        Assert.DoesNotContain("port", told?.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.AccessDenied, "1024")]
    [InlineData(SocketError.AddressFamilyNotSupported, "no such address")]
    [InlineData(SocketError.AddressNotAvailable, "no such address")]
    [InlineData(SocketError.TooManyOpenSockets, "another")]
    public void What_a_socket_refuses_is_told_with_its_code_and_place(SocketError error, string hint)
    {
        var told = StartFaults.Of(new SocketException((int)error), _listeners);

        Assert.Equal("listen", told?.Code);
        Assert.Contains($"{error}", told?.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:80", told?.Message, StringComparison.Ordinal);
        Assert.Contains(hint, told?.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_in_use_is_told_and_our_own_fault_is_not_dressed_up()
    {
        var told = StartFaults.Of(new IOException("AddressAlreadyInUse"), _listeners);

        Assert.Contains("another program", told?.Hint, StringComparison.Ordinal);
        Assert.Null(StartFaults.Of(new InvalidOperationException(), _listeners));
    }
}
