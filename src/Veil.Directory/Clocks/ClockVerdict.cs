namespace Veil.Directory.Clocks;

/// <summary>What the answers of others say about this machine's clock.</summary>
/// <param name="Offset">How far it is ahead (negative: behind) of the network's; null while too few answered.</param>
/// <param name="Bound">Up to which it is right.</param>
/// <param name="IsSuspect">Whether some answer differs by more than the bound, and too few answered to tell who is
/// right.</param>
/// <param name="Responders">Distinct nodes whose answers count.</param>
public readonly record struct ClockVerdict(TimeSpan? Offset, TimeSpan Bound, bool IsSuspect, int Responders)
{
    /// <summary>Whether enough nodes agree that this machine's clock is off by more than the bound.</summary>
    public bool IsWrong => Offset is { } offset && offset.Duration() > Bound;
}
