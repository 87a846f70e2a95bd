using Veil.Simulation.Privacy.Linking;
using Veil.Simulation.Privacy.Watching;
using Xunit;

namespace Veil.Simulation.Tests.Privacy;

/// <summary>A small run of the experiment of spec/privacy.md, section 4; the figures are of a thousand pairs
/// (`tools/simulate privacy linker`).</summary>
public sealed class LinkerTests
{
    private static readonly LinkerSetting _small = new()
    {
        Pairs = 60,
        Networks = 5,
        Users = 5,
        Shape = new WatchedShape(20, 10),
        BytesTo = 128 * 1024,
        GapTo = TimeSpan.FromMinutes(5),
    };

    [Fact]
    public void Records_of_all_stores_do_not_link_publications_of_one_user()
    {
        LinkerExperiment experiment = new(1, _small);
        experiment.Play();
        var report = experiment.Judge(poolsHops: false);

        Assert.Equal(60, report.Pairs);

        // Guessing is right 30 times of 60; more than 42 comes once in a thousand times.
        Assert.InRange(report.Both.Value, 0, 0.7);

        // Nothing is shared that would tell by itself.
        var auc = report.Features.ToDictionary(feature => feature.Name, feature => feature.Auc);
        Assert.Equal(0.5, auc["branches in common"]);
        Assert.Equal(0.5, auc["trunks in common"]);
    }
}
