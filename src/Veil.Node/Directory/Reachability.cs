using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Node.Directory;

/// <summary>How the last questions to others ended. Belongs to <see cref="NetworkHealth"/>'s lock.</summary>
internal sealed class Reachability(NetworkDefinition network, RelayId? self)
{
    // One refused connection is everyday; three in a row without any answer are a finding.
    private const int MinFailures = 3;

    // Failures in a row of each authority that was asked.
    private readonly Dictionary<int, int> _authorities = [];
    private readonly SortedDictionary<CloseReason, int> _failures = [];
    private int _count;
    private int _relays;

    /// <summary>Whether anybody ever answered.</summary>
    internal bool WasAnswered { get; private set; }

    /// <summary>Time stamp of the last answer, or of the first question before one.</summary>
    internal long LastAnswer { get; private set; }

    /// <summary>Whether the last attempts, at least three, all failed.</summary>
    internal bool NobodyAnswers => _count >= MinFailures;

    /// <summary>Whether the last attempt failed.</summary>
    internal bool IsFailing => _count > 0;

    /// <summary>Whether relays are among those that do not answer.</summary>
    internal bool RelaysFail => _relays > 0;

    /// <summary>Authorities other than this node.</summary>
    internal int Others => network.Authorities.Count(authority => authority.Identity != self);

    /// <summary>Whether each other authority failed when it was last asked, and three questions did.</summary>
    internal bool NoAuthorityAnswers => Others > 0
        && _authorities.Count(pair => pair.Value > 0) == Others
        && _authorities.Values.Sum() >= MinFailures;

    /// <summary>The kinds of failure since the last answer, as text: "3 refused or cut off, 1 too slow".</summary>
    internal string Kinds => string.Join(", ", _failures.Select(pair => $"{pair.Value} {Name(pair.Key)}"));

    /// <summary>Takes the end of one question; none is an answer.</summary>
    internal void Add(RelayId responder, CloseReason outcome, long timestamp)
    {
        if ((!WasAnswered && _count == 0) || outcome == CloseReason.None)
        {
            LastAnswer = timestamp;
        }

        WasAnswered |= outcome == CloseReason.None;
        int authority = network.IndexOf(responder);
        if (authority >= 0)
        {
            int failures = _authorities.GetValueOrDefault(authority);
            _authorities[authority] = outcome == CloseReason.None ? 0 : Math.Min(failures + 1, MinFailures);
        }

        if (outcome == CloseReason.None)
        {
            _failures.Clear();
            (_count, _relays) = (0, 0);
            return;
        }

        _failures[outcome] = Math.Min(_failures.GetValueOrDefault(outcome) + 1, 1_000_000);
        _count = Math.Min(_count + 1, 1_000_000);
        _relays = Math.Min(_relays + (authority < 0 ? 1 : 0), 1_000_000);
    }

    private static string Name(CloseReason reason) => reason switch
    {
        CloseReason.ConnectionFailed => "refused, timed out or cut off",
        CloseReason.HandshakeTimeout or CloseReason.IdleTimeout => "too slow",
        CloseReason.HandshakeFailed or CloseReason.AuthenticationFailed => "not who they should be",
        CloseReason.ResourceLimit => "turned away as full",
        CloseReason.Malformed or CloseReason.Unexpected => "not following the protocol",
        _ => $"failed ({reason})",
    };
}
