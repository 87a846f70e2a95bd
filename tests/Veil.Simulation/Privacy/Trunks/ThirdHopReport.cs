using Veil.Simulation.Privacy.Learning;

namespace Veil.Simulation.Privacy.Trunks;

/// <summary>How well a third hop names what one trunk fetches.</summary>
/// <param name="IsPlayed">Whether the product fetched in the simulator, or a model of it.</param>
/// <param name="Trunks">Trunks of fetches of known objects.</param>
/// <param name="StoresPerTrunk">Stores that one trunk leads to in one fetch, on average.</param>
/// <param name="First">Closed world: how often its first guess is right.</param>
/// <param name="FirstFive">Closed world: how often the right one is among the five likeliest.</param>
/// <param name="Precision">Open world: how often it is right when it names.</param>
/// <param name="Recall">Open world: the share of trunks of known objects that it names rightly.</param>
public sealed record ThirdHopReport(
    bool IsPlayed,
    int Trunks,
    double StoresPerTrunk,
    Share First,
    Share FirstFive,
    Share Precision,
    Share Recall);
