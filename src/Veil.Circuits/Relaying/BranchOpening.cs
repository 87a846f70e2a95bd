using System.Diagnostics.CodeAnalysis;
using Veil.Links.Tasks;

namespace Veil.Circuits.Relaying;

/// <summary>What is needed only while a branch waits for its next hop. Any thread.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or wait handle holds nothing to free.")]
internal sealed class BranchOpening
{
    private readonly Promise<bool> _answered = new();
    private readonly CancellationTokenSource _ended = new();

    /// <summary>Cancelled when the branch ends before the next hop has answered.</summary>
    internal CancellationToken Ended => _ended.Token;

    /// <summary>The branch ended.</summary>
    internal void End() => _ended.Cancel();

    /// <summary>The next hop answered.</summary>
    internal void Answer() => _answered.TryKeep(true);

    /// <summary>Completes when the next hop answers.</summary>
    internal Task AnsweredAsync(CancellationToken cancellationToken) => _answered.WaitAsync(cancellationToken);
}
