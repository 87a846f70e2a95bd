using Veil.Simulation.Privacy.Watching;

namespace Veil.Simulation.Privacy.Linking;

/// <summary>Two publications, and whether one user made both: what the linker is to guess.</summary>
/// <param name="Network">In which network, counted from 0.</param>
/// <param name="SameUser">The answer.</param>
/// <param name="First">What stores saw of the one that began first.</param>
/// <param name="Second">What they saw of the other.</param>
public sealed record PublicationPair(
    int Network,
    bool SameUser,
    IReadOnlyList<StoreSighting> First,
    IReadOnlyList<StoreSighting> Second);
