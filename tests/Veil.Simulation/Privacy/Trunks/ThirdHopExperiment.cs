using Veil.Directory.Ring;
using Veil.Simulation.Seeds;
using Veil.Wire;

namespace Veil.Simulation.Privacy.Trunks;

/// <summary>
/// A third hop that knows many public keys names what one trunk fetches (spec/privacy.md, section 5): by the stores
/// that the trunk leads to and the blocks from each, with the likelihood of them under each object.
/// </summary>
public static class ThirdHopExperiment
{
    private const int Lessons = 3;

    /// <summary>Plays or models the fetches and judges the observer on those that it did not learn from.</summary>
    public static ThirdHopReport Run(ulong seed, ThirdHopSetting setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        SeededDecisionSource choices = new(seed, "third-hop");
        var (ring, fetches) = setting.IsPlayed ? Play(seed, setting) : Model(setting, choices);

        // Every other one is known, and the rest of what the observer knows is fetched by nobody.
        List<KnownObject> known = [.. fetches.Where((_, fetch) => fetch % 2 == 0).Select(fetch => fetch.Object)];
        while (known.Count < setting.KnownKeys) known.Add(KnownObject.Random(ring, setting.Bytes, choices));
        var views = fetches.Index().Select(fetch => (
            IsLesson: fetch.Index / 2 % Lessons == 0,
            Views: fetch.Item.Trunks.Select(blocks =>
                new TrunkView(fetch.Index % 2 == 0 ? fetch.Index / 2 : null, blocks)))).ToArray();
        TrunkObserver observer = new(
            known, [.. views.Where(fetch => fetch.IsLesson).SelectMany(fetch => fetch.Views)]);
        return observer.Report(
            [.. views.Where(fetch => !fetch.IsLesson).SelectMany(fetch => fetch.Views)], setting.IsPlayed);
    }

    private static (StoreRing Ring, IReadOnlyList<(KnownObject Object, List<int[]> Trunks)> Fetches) Play(
        ulong seed, ThirdHopSetting setting)
    {
        PlayedFetches played = new(seed, setting);
        var fetches = played.Play();
        return (played.Ring, fetches);
    }

    private static (StoreRing Ring, IReadOnlyList<(KnownObject Object, List<int[]> Trunks)> Fetches) Model(
        ThirdHopSetting setting, SeededDecisionSource choices)
    {
        StoreRing ring = new(Enumerable.Range(0, setting.Stores)
            .Select(_ => (Random(choices), new RelayId(Random(choices)))));
        List<(KnownObject, List<int[]>)> fetches = [];
        for (var fetch = 0; fetch < setting.Fetches; fetch++)
        {
            var fetched = KnownObject.Random(ring, setting.Bytes, choices);
            ModelledFetch model = new(setting.Relays, setting.MaxEnds, setting.Spread, choices);
            fetches.Add((fetched, [.. model.Play(fetched)]));
        }

        return (ring, fetches);
    }

    private static Bytes32 Random(SeededDecisionSource choices)
    {
        Span<byte> bytes = stackalloc byte[Bytes32.Size];
        choices.Fill(bytes);
        return new Bytes32(bytes);
    }
}
