using Veil.Wire.Seams;

namespace Veil.Simulation.Seeds;

/// <summary>
/// The simulation's choices, from a seed and a name. For one thread. Only here: with it in the product
/// anybody who knows the seed would know every path.
/// </summary>
public sealed class SeededDecisionSource : DecisionSource
{
    private readonly ulong _seed;
    private readonly string _name;
    private readonly SeededStream _stream;

    /// <summary>The stream of this seed and name, from its beginning.</summary>
    public SeededDecisionSource(ulong seed, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _seed = seed;
        _name = name;
        _stream = new SeededStream(seed, "decisions/" + name);
    }

    /// <summary>
    /// A stream of its own for a part of whatever this one is for. It does not depend on what was read from this one,
    /// nor does reading it change what this one gives.
    /// </summary>
    public SeededDecisionSource Fork(string part) => new(_seed, $"{_name}/{part}");

    /// <inheritdoc/>
    public override void Fill(Span<byte> destination) => _stream.Fill(destination);
}
