using Veil.Directory;

namespace Veil.Node.Directory;

/// <summary>One round of asking for a newer consensus.</summary>
/// <param name="known">The newest epoch known, as GET_CONSENSUS carries it.</param>
/// <param name="list">The newest list of relays, live or not; null without one that is of any use.</param>
/// <param name="take">Takes an answer; true when it was enough.</param>
internal sealed class AskRound(ReadOnlyMemory<byte> known, Consensus? list, Func<DirectoryAnswer, bool> take)
{
    /// <summary>The newest epoch known, 8 bytes.</summary>
    internal ReadOnlyMemory<byte> Known => known;

    /// <summary>Where relays are.</summary>
    internal Consensus? List => list;

    /// <summary>Whether an authority answered in this round.</summary>
    internal bool AuthorityAnswered { get; set; }

    /// <summary>Takes an answer; true when it was enough.</summary>
    internal bool Take(DirectoryAnswer answer) => take(answer);
}
