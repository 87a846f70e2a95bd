namespace Veil.Tools.Testnet.Auditing;

/// <summary>One line of a node's recording (spec/operating.md, section 5).</summary>
/// <param name="T">Seconds since 1970, by the node's clock.</param>
/// <param name="Node">Who saw it.</param>
/// <param name="Saw">address, circuit, key, plaintext, block.</param>
/// <param name="Value">What.</param>
internal sealed record RecordLine(double T, string Node, string Saw, string Value)
{
    internal const string Address = "address";
    internal const string Circuit = "circuit";
    internal const string Key = "key";
    internal const string Plaintext = "plaintext";
    internal const string Block = "block";

    /// <summary>Of an address: guard, authority or relay; null for links that are not a client's own.</summary>
    public string? As { get; init; }

    /// <summary>Of a circuit: made, accepted or extended.</summary>
    public string? Step { get; init; }

    /// <summary>Of a circuit: the other end of its link, ADDR:PORT.</summary>
    public string? Link { get; init; }

    /// <summary>Of an extended circuit: the accepted one before it, number@ADDR:PORT.</summary>
    public string? From { get; init; }
}
