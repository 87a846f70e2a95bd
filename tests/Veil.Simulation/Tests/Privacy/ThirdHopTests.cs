using Veil.Simulation.Privacy.Trunks;
using Xunit;

namespace Veil.Simulation.Tests.Privacy;

/// <summary>Small runs of the experiment of spec/privacy.md, section 5.</summary>
public sealed class ThirdHopTests
{
    private static readonly ThirdHopSetting _small = new() { Stores = 24, Bytes = 700_000, KnownKeys = 200 };

    [Fact]
    public void The_model_of_a_fetch_tells_a_third_hop_as_much_as_the_product_does()
    {
        var played = ThirdHopExperiment.Run(1, _small with { Fetches = 36 });
        var modelled = ThirdHopExperiment.Run(2, _small with { Fetches = 300, IsPlayed = false });

        Assert.InRange(played.StoresPerTrunk, modelled.StoresPerTrunk * 0.7, modelled.StoresPerTrunk * 1.3);
        Assert.InRange(played.First.Value, modelled.First.Value - 0.2, modelled.First.Value + 0.2);
        Assert.InRange(played.FirstFive.Value, modelled.FirstFive.Value - 0.2, modelled.FirstFive.Value + 0.2);
    }

    [Fact]
    public void Fewer_stores_a_trunk_tell_less()
    {
        var usual = _small with { Stores = 48, Fetches = 120, IsPlayed = false };
        var twelve = ThirdHopExperiment.Run(3, usual);
        var two = ThirdHopExperiment.Run(3, usual with { MaxEnds = 2 });

        Assert.True(two.First.High < twelve.First.Low, $"{two.First} is not below {twelve.First}");
    }

    [Fact]
    public void A_third_hop_that_knows_the_key_of_a_large_object_names_it()
    {
        // What SECURITY.md says plainly: the stores and the blocks from each are a fingerprint.
        var report = ThirdHopExperiment.Run(
            4, new ThirdHopSetting { Bytes = 8 << 20, KnownKeys = 200, Fetches = 40, IsPlayed = false });

        Assert.InRange(report.First.Value, 0.95, 1);
    }
}
