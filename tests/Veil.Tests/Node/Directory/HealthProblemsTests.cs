using Veil.Node.Directory;
using Veil.Tests.Directory;
using Xunit;

namespace Veil.Tests.Node.Directory;

/// <summary>What is said of a network that hides little (spec/directory.md, section 11).</summary>
public sealed class HealthProblemsTests
{
    [Theory]
    [InlineData(10, 60, null)]
    [InlineData(10, 61, "stores_on_paths")]
    [InlineData(9, 60, "stores_on_paths")]
    public void That_publications_go_over_stores_is_told(int free, int relays, string? code)
    {
        var consensus = DirectoryRig.ConsensusOf(DirectoryRig.Relays(free, relays));

        Assert.Equal(code, HealthProblems.StoresOnPaths(consensus)?.Code);
    }
}
