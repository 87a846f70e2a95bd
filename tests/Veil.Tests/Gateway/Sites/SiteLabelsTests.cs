using System.Security.Cryptography;
using System.Text;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Gateway.Sites;
using Xunit;

namespace Veil.Tests.Gateway.Sites;

/// <summary>Labels: spec/gateway.md, section 3.</summary>
public sealed class SiteLabelsTests
{
    private static readonly IsolationGroup Group = new("socks");

    [Fact]
    public void A_label_is_the_code_that_the_spec_defines()
    {
        byte[] secret = [.. Enumerable.Range(0, 32).Select(number => (byte)number)];
        var key = Library.Key(1);
        byte[] message = [0, 0, 0, 5, .. "socks"u8, .. Encoding.ASCII.GetBytes(key.Format())];
        var expected = Base32.Encode(HMACSHA256.HashData(secret, message), Base32Case.Lower)[..32];
        Assert.Equal(expected, new SiteLabels(secret, 1).Add(key, Group));
    }

    [Fact]
    public void Key_group_and_installation_each_change_the_label()
    {
        var labels = new SiteLabels(new byte[32], 10);
        byte[] otherSecret = [1, .. new byte[31]];
        string[] all =
        [
            labels.Add(Library.Key(1), Group),
            labels.Add(Library.Key(2), Group),
            labels.Add(Library.Key(1), new IsolationGroup("socks:61:62")),
            new SiteLabels(otherSecret, 10).Add(Library.Key(1), Group),
        ];
        Assert.Equal(4, all.Distinct().Count());
        Assert.Equal(all[0], labels.Add(Library.Key(1), Group));
    }

    [Fact]
    public void A_label_is_found_by_its_group_only()
    {
        var labels = new SiteLabels(new byte[32], 10);
        var label = labels.Add(Library.Key(1), Group);
        Assert.True(labels.TryFind(label, Group, out var key));
        Assert.Equal(Library.Key(1), key);
        Assert.False(labels.TryFind(label, new IsolationGroup("other"), out _));
        Assert.False(labels.TryFind(label.ToUpperInvariant(), Group, out _));
    }

    [Fact]
    public void The_label_used_longest_ago_is_forgotten()
    {
        var labels = new SiteLabels(new byte[32], 2);
        var first = labels.Add(Library.Key(1), Group);
        var second = labels.Add(Library.Key(2), Group);
        Assert.True(labels.TryFind(first, Group, out _));
        var third = labels.Add(Library.Key(3), Group);
        Assert.True(labels.TryFind(first, Group, out _));
        Assert.False(labels.TryFind(second, Group, out _));
        Assert.True(labels.TryFind(third, Group, out _));
        Assert.Equal(second, labels.Add(Library.Key(2), Group));
    }
}
