using System.Globalization;
using Veil.Simulation.Seeds;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// What decides when and where faults come: <c>VEIL_SEED</c> (1 without it) is the seed, <c>VEIL_MOMENTS</c> (a few
/// without it) how many moments each role has.
/// </summary>
internal sealed record FaultSeed(ulong Seed, int Moments)
{
    private const ulong UsualSeed = 1;
    private const int UsualMoments = 5;

    /// <summary>As the environment says.</summary>
    /// <param name="usualMoments">Without it: what the test can take in the time of all.</param>
    internal static FaultSeed FromEnvironment(int usualMoments = UsualMoments) => new(
        Read("VEIL_SEED", UsualSeed), checked((int)Read("VEIL_MOMENTS", (ulong)usualMoments)));

    /// <summary>A stream of decisions of its own for a part of the test.</summary>
    internal SeededDecisionSource Decisions(string part) => new(Seed, "faults/" + part);

    /// <summary>Bytes that nobody has seen before, the same for the same seed and name.</summary>
    internal byte[] Bytes(string name, int count)
    {
        var bytes = new byte[count];
        Decisions("bytes/" + name).Fill(bytes);
        return bytes;
    }

    /// <summary>The line that replays it.</summary>
    public override string ToString() => $"replay with VEIL_SEED={Seed} VEIL_MOMENTS={Moments}";

    private static ulong Read(string name, ulong usual) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? ulong.Parse(text, CultureInfo.InvariantCulture)
            : usual;
}
