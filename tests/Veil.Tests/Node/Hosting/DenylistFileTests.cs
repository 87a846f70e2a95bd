using Veil.Node.Configuration;
using Veil.Node.Hosting;
using Veil.Tests.Gateway;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Node.Hosting;

/// <summary>Where a node's denylist comes from (spec/store.md, section 8).</summary>
public sealed class DenylistFileTests : IDisposable
{
    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("veil-test-");
    private readonly CollectedLogs _logs = new();
    private readonly DenylistFile _file;

    public DenylistFileTests() => _file = new DenylistFile(Usual, _logs);

    private string Usual => Path.Combine(_root.FullName, "denylist");

    private string Named => Path.Combine(_root.FullName, "named");

    private string Said => string.Join('\n', _logs.Lines);

    [Fact]
    public void The_usual_file_may_be_absent_and_the_log_says_how_many_entries_there_are()
    {
        _file.Open(Usual);

        Assert.Equal(0, _file.List.Count);
        Assert.Contains("has 0 entries", Said, StringComparison.Ordinal);
        Assert.True(_file.Add(new BlockRef(new Bytes32(new byte[32]))));
        Assert.Equal(1, _file.List.Count);
    }

    [Fact]
    public void A_named_file_that_is_absent_is_a_mistake_at_the_start()
    {
        Assert.Equal("denylist", Assert.Throws<NodeStartException>(() => _file.Open(Named)).Code);
    }

    [Fact]
    public void A_named_file_that_vanished_leaves_the_list_as_it_was()
    {
        File.WriteAllText(Named, new string('a', 64) + "\n");
        _file.Open(Named);
        File.Delete(Named);

        _file.Reload(Named);

        Assert.Equal(1, _file.List.Count);
        Assert.Contains("the former one stays", Said, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => _file.Add(new BlockRef(new Bytes32(new byte[32]))));
    }

    public void Dispose() => _root.Delete(recursive: true);
}
