using System.Text;
using Veil.Tests.Directory;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Wire.Documents;

public sealed class NetworkDefinitionTests
{
    private static string Json(NetworkDefinition network) => Encoding.UTF8.GetString(network.ToJson());

    private static string ErrorOf(string json)
    {
        Assert.False(NetworkDefinition.TryParse(Encoding.UTF8.GetBytes(json), out _, out string? error));
        return error;
    }

    [Fact]
    public void A_network_file_survives_writing_and_reading()
    {
        NetworkDefinition network = DirectoryRig.Network();
        Assert.True(NetworkDefinition.TryParse(network.ToJson(), out NetworkDefinition? read, out _));
        Assert.Equal(network.Id, read.Id);
        Assert.Equal(network.Authorities, read.Authorities);
        Assert.Contains("\"epoch_seconds\": 3600", Json(network), StringComparison.Ordinal);
        Assert.Contains("\"link_key\"", Json(network), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_field_counts_for_the_id()
    {
        NetworkDefinition network = DirectoryRig.Network();
        string json = Json(network);
        (string, string)[] changes =
        [
            ("\"test\"", "\"tess\""), ("\"lab\": true", "\"lab\": false"), ("3600", "3601"),
            ("\"quorum\": 2", "\"quorum\": 3"), ("auth0", "auth9"), (":7000", ":7009"), ("0200000001", "0200000009"),
        ];
        foreach ((string from, string to) in changes)
        {
            string changed = json.Replace(from, to, StringComparison.Ordinal);
            Assert.NotEqual(json, changed);
            if (NetworkDefinition.TryParse(Encoding.UTF8.GetBytes(changed), out NetworkDefinition? other, out _))
            {
                Assert.NotEqual(network.Id, other.Id);
            }
        }
    }

    [Theory]
    [InlineData("\"lab\": true,", "", "lab")]
    [InlineData("\"lab\": true", "\"lab\": true, \"more\": 1", "more")]
    [InlineData("\"quorum\": 2", "\"quorum\": 1", "quorum")]
    [InlineData("\"quorum\": 2", "\"quorum\": 4", "quorum")]
    [InlineData("3600", "0", "epoch_seconds")]
    [InlineData("9.9.1.1:7000", "example.org:7000", "IP address")]
    [InlineData("9.9.1.1:7000", "9.9.1.1", "IP address")]
    [InlineData("\"test\"", "\"\"", "name")]
    [InlineData("\"test\"", "null", "name")]
    [InlineData("auth0", "auth1", "share")]
    [InlineData("\"identity\": \"", "\"identity\": \"zz", "identity")]
    public void A_broken_file_is_explained(string from, string to, string word)
    {
        string json = Json(DirectoryRig.Network());
        Assert.Contains(from, json, StringComparison.Ordinal);
        Assert.Contains(word, ErrorOf(json.Replace(from, to, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Foreign_files_are_explained()
    {
        Assert.NotEmpty(ErrorOf(""));
        Assert.NotEmpty(ErrorOf("null"));
        Assert.NotEmpty(ErrorOf("[1,2]"));
        Assert.NotEmpty(ErrorOf("<html>"));
        string large = new(' ', DocumentLimits.MaxNetworkFileBytes + 1);
        Assert.Contains("bytes", ErrorOf(large), StringComparison.Ordinal);
    }

    [Fact]
    public void Private_addresses_and_short_epochs_are_for_lab_networks()
    {
        string json = Json(DirectoryRig.Network()).Replace("9.9.1.1", "127.0.0.1", StringComparison.Ordinal);
        Assert.True(NetworkDefinition.TryParse(Encoding.UTF8.GetBytes(json), out _, out _));
        string open = json.Replace("\"lab\": true", "\"lab\": false", StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", ErrorOf(open), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => DirectoryRig.Network(lab: false, epochSeconds: 5));
    }
}
