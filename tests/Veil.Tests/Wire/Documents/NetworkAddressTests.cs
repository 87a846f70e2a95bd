using Veil.Tests.Directory;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Wire.Documents;

public sealed class NetworkAddressTests
{
    [Theory]
    [InlineData("1.2.3.4:5", true, 0x1_0000_0102UL)]
    [InlineData("[2a00:1234::1]:443", true, 0x2a001234UL)]
    [InlineData("0.1.2.3:5", false, null)]
    [InlineData("127.0.0.1:5", false, null)]
    [InlineData("192.168.1.1:5", false, null)]
    [InlineData("172.31.1.1:5", false, null)]
    [InlineData("172.32.1.1:5", true, null)]
    [InlineData("100.64.0.1:5", false, null)]
    [InlineData("169.254.0.1:5", false, null)]
    [InlineData("224.0.0.1:5", false, null)]
    [InlineData("[::1]:5", false, null)]
    [InlineData("[fe80::1]:5", false, null)]
    [InlineData("[fd00::1]:5", false, null)]
    [InlineData("[2002:a00:1::1]:5", false, null)]
    [InlineData("[2001:db8::1]:5", false, null)]
    public void Text_bytes_and_meaning_agree(string text, bool isPublic, ulong? subnet)
    {
        NetworkAddress address = DirectoryRig.Address(text);
        byte[] bytes = new byte[NetworkAddress.Size];
        address.WriteTo(bytes);
        Assert.True(NetworkAddress.TryRead(bytes, out NetworkAddress read));
        Assert.Equal(address, read);
        Assert.Equal(text, read.ToString());
        Assert.Equal(address, new NetworkAddress(address.ToEndPoint()));
        Assert.Equal(isPublic, address.IsPublic);
        Assert.Equal(subnet ?? address.Subnet, address.Subnet);
    }

    [Theory]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.3.4:0")]
    [InlineData("1.2.3.4:65536")]
    [InlineData("1.2.3.4:05")]
    [InlineData("01.2.3.4:5")]
    [InlineData("1:5")]
    [InlineData("0x7f.1:5")]
    [InlineData("localhost:5")]
    [InlineData("::1:5")]
    [InlineData("[::ffff:1.2.3.4]:5")]
    [InlineData("[fe80::1%2]:5")]
    [InlineData("[2A00::1]:5")]
    [InlineData("0.0.0.0:5")]
    [InlineData("[::]:5")]
    [InlineData("")]
    [InlineData(null)]
    public void Other_texts_are_refused(string? text) => Assert.False(NetworkAddress.TryParse(text, out _));
}
