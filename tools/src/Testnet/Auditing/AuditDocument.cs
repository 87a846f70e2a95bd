namespace Veil.Tools.Testnet.Auditing;

/// <summary>What `audit` prints.</summary>
/// <param name="Ok">Whether every check is.</param>
/// <param name="Checks">In their order.</param>
internal sealed record AuditDocument(bool Ok, IReadOnlyList<AuditCheck> Checks);

/// <summary>One check.</summary>
/// <param name="Name">A word for scripts.</param>
/// <param name="Says">What holds when it is ok.</param>
/// <param name="Counts">What was looked at.</param>
/// <param name="Problems">What contradicts it; it is ok without one.</param>
/// <param name="Notes">What is no contradiction and should be known.</param>
internal sealed record AuditCheck(
    string Name,
    string Says,
    IReadOnlyDictionary<string, long> Counts,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Notes)
{
    /// <summary>Whether it holds.</summary>
    public bool Ok => Problems.Count == 0;
}
