using Veil.Wire.Seams;

namespace Veil.EndToEnd.Faults;

/// <summary>Who takes part in a download through an exit.</summary>
internal enum Party
{
    /// <summary>The program that downloads.</summary>
    Client,

    /// <summary>The node whose SOCKS port it uses.</summary>
    Gateway,

    /// <summary>One of the three relays on the way.</summary>
    Relay,

    /// <summary>The node that reaches the target.</summary>
    Exit,

    /// <summary>The target's connection.</summary>
    Target,
}

/// <summary>What happens to one of them.</summary>
internal enum Fate
{
    /// <summary>Told to end (SIGTERM), or ended in order.</summary>
    Closed,

    /// <summary>Ended at once (SIGKILL), or reset.</summary>
    Killed,

    /// <summary>Stopped for a while (SIGSTOP, SIGCONT).</summary>
    Frozen,
}

/// <summary>What happens to whom in a download.</summary>
/// <param name="Party">To whom.</param>
/// <param name="Fate">What.</param>
/// <param name="AfterBytes">After how many bytes.</param>
/// <param name="Relay">Of the relays, to which.</param>
/// <param name="Stands">Whether nothing is read on until a node that is told to end has done so, however long others
/// would let it.</param>
internal sealed record TransferMoment(Party Party, Fate Fate, int AfterBytes, int Relay, bool Stands)
{
    // All that reads ahead and all buffers on the way have been filled then, or not yet.
    private const int LeastBytes = 1 << 20;
    private const int MostBytes = 8 << 20;

    /// <summary>As many as asked for: every party meets every fate before one does so again.</summary>
    internal static IEnumerable<TransferMoment> Draw(int count, int relays, DecisionSource decisions)
    {
        var all = Enum.GetValues<Party>().SelectMany(party => Enum.GetValues<Fate>().Select(fate => (party, fate)))
            .ToArray();
        for (var drawn = 0; drawn < count; drawn++)
        {
            if (drawn % all.Length == 0)
            {
                decisions.Shuffle<(Party, Fate)>(all);
            }

            var (party, fate) = all[drawn % all.Length];
            yield return new TransferMoment(
                party,
                fate,
                LeastBytes + decisions.NextIndex(MostBytes - LeastBytes),
                decisions.NextIndex(relays),
                decisions.NextIndex(2) == 0);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Party} {Fate} after {AfterBytes} bytes{(Stands ? ", standing" : "")}";
}
