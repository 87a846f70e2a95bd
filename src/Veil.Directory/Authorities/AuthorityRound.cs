using NSec.Cryptography;
using Veil.Directory.Documents;
using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Authorities;

/// <summary>
/// One authority's part in making one consensus: votes and signatures so far (spec/directory.md, section 7).
/// At most one vote and four digests' signatures of each authority are kept.
/// </summary>
internal sealed class AuthorityRound
{
    /// <summary>Digests kept for one authority before the own one is known; an honest one signs one.</summary>
    private const int MaxEarlySignatures = 4;

    /// <summary>Votes sent once more to one authority: it restarts seldom, and two must not answer for ever.</summary>
    private const int MaxReturns = 2;

    private readonly NetworkDefinition _network;
    private readonly Dictionary<int, VerifiedVote> _votes = [];
    private readonly Dictionary<int, List<AuthoritySignature>> _signatures = [];
    private readonly Dictionary<int, int> _returned = [];
    private byte[]? _header;
    private ConsensusTrees? _trees;

    internal AuthorityRound(NetworkDefinition network, ulong target)
    {
        _network = network;
        Target = target;
    }

    /// <summary>The epoch of the consensus that is to be made.</summary>
    internal ulong Target { get; }

    /// <summary>Whether the own vote was sent, or its time was missed.</summary>
    internal bool Voted { get; set; }

    /// <summary>Whether votes were counted.</summary>
    internal bool Counted { get; private set; }

    /// <summary>Whether the others were asked for their consensus at the end of the round.</summary>
    internal bool Asked { get; set; }

    /// <summary>Whether the others were asked for the consensus that a vote refers to.</summary>
    internal bool AskedForPrevious { get; set; }

    /// <summary>The envelope of the own vote, once there is one.</summary>
    internal ReadOnlyMemory<byte> OwnVote { get; set; }

    /// <summary>Whether this vote was there before.</summary>
    internal bool Knows(VerifiedVote vote) =>
        _votes.TryGetValue(vote.Authority, out var first) && first.Digest == vote.Digest;

    /// <summary>Whether the own vote may be sent once more to one that repeated its own: it may have lost
    /// ours.</summary>
    internal bool TryReturn(int authority) =>
        !OwnVote.IsEmpty && (_returned[authority] = _returned.GetValueOrDefault(authority) + 1) <= MaxReturns;

    /// <summary>Counts nothing in this round: what was counted and signed before a crash is not known.</summary>
    internal void SkipCount() => Counted = true;

    internal RefusalCode Add(VerifiedVote vote)
    {
        if (_votes.TryGetValue(vote.Authority, out var first))
        {
            return first.Digest == vote.Digest ? RefusalCode.None : RefusalCode.Equivocation;
        }

        if (Counted)
        {
            return RefusalCode.WrongEpoch;
        }

        _votes.Add(vote.Authority, vote);
        return RefusalCode.None;
    }

    internal RefusalCode Add(int authority, AuthoritySignature signature)
    {
        if (!_signatures.TryGetValue(authority, out var list))
        {
            _signatures.Add(authority, list = []);
        }

        if (list.Any(known => known.Digest == signature.Digest))
        {
            return RefusalCode.None;
        }

        if (list.Count == MaxEarlySignatures)
        {
            return RefusalCode.Equivocation;
        }

        list.Add(signature);
        return RefusalCode.None;
    }

    /// <summary>Counts the votes; later ones are refused. The own signature, or null if nothing can be made.</summary>
    internal AuthoritySignature? Count(AuthorityOptions options, ConsensusDocument? previous)
    {
        Counted = true;
        if (new ConsensusAssembly(options, Target, previous, _votes.Values).Assemble() is not { } made)
        {
            return null;
        }

        (_header, _trees) = made;
        return new AuthoritySignature
        {
            Network = _network.Id,
            Epoch = Target,
            Digest = SignedEnvelope.DigestOf(_header),
            Signature = DocumentSignature.Sign(ConsensusHeader.Purpose, options.Identity, _header),
        };
    }

    /// <summary>The consensus, once a quorum signed the header that this authority made; null before.</summary>
    internal byte[]? TryJoin()
    {
        if (_header is null || _trees is null)
        {
            return null;
        }

        var digest = SignedEnvelope.DigestOf(_header);
        List<(byte Authority, ReadOnlyMemory<byte> Signature)> signatures = [];
        foreach (var (authority, list) in _signatures.OrderBy(pair => pair.Key))
        {
            if (list.Find(signature => signature.Digest == digest) is { } match)
            {
                signatures.Add(((byte)authority, match.Signature));
            }
        }

        return signatures.Count < _network.Quorum
            ? null
            : ConsensusLayout.Join(_header, _trees.Leaves.Span, signatures);
    }
}
