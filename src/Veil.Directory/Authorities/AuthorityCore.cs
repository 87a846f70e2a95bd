using System.Diagnostics.CodeAnalysis;
using Veil.Directory.Documents;
using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Directory.Authorities;

/// <summary>
/// One directory authority without I/O and clock (spec/directory.md, section 7). Events go in with the present time;
/// what is to be done comes out of <see cref="TryTake"/>, to be emptied after every event. Drive it with
/// <see cref="Advance"/> at <see cref="NextDeadline"/>. Not for concurrent use: one owner.
/// </summary>
public sealed class AuthorityCore
{
    // A round makes one vote, one signature, one consensus and two fetches, and at most two votes more for each of 15
    // others; older ones are of no use to anybody.
    private const int MaxOutputs = 64;

    // Epochs that a clock may be put back while the authority waits for the time to catch up.
    private const ulong ClockSlack = 4;

    private readonly AuthorityOptions _options;
    private readonly NetworkDefinition _network;
    private readonly DecisionSource _decisions;
    private readonly int _ownIndex;
    private readonly DescriptorTable _descriptors = new();
    private readonly Queue<AuthorityOutput> _outputs = new();
    private readonly AuthorityMemory _memory;
    private AuthorityRound _round;

    // The newest vote of earlier runs, for the round in which the authority was started again.
    private VerifiedVote? _restored;
    private ulong _votedEpoch;

    /// <summary>Starts an authority, with what it finds of its earlier runs, if anything.</summary>
    /// <exception cref="ArgumentException">The key is not an authority's, or fractions are out of order.</exception>
    public AuthorityCore(
        AuthorityOptions options, DecisionSource decisions, AuthorityMemory? memory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(decisions);
        _options = options;
        _network = options.Network;
        _decisions = decisions;
        _ownIndex = _network.IndexOf(DocumentSignature.IdentityOf(options.Identity));
        if (_ownIndex < 0)
        {
            throw new ArgumentException("the key is not that of an authority of this network", nameof(options));
        }

        if (!(options.VoteAt > 0 && options.VoteAt < options.SignAt && options.SignAt < options.FetchAt
            && options.FetchAt < 1 && options.DescriptorEpochs > 0))
        {
            throw new ArgumentException("needs 0 < VoteAt < SignAt < FetchAt < 1", nameof(options));
        }

        _round = new AuthorityRound(_network, 0);
        _memory = memory ?? new AuthorityMemory();
        RestoredConsensus = _memory.Consensus.IsEmpty || OpenNewer(_memory.Consensus);
        RestoreVote(_memory.Vote);
    }

    /// <summary>The newest consensus, live or not; null before the first.</summary>
    public Consensus? Current { get; private set; }

    /// <summary>False if there was a consensus in memory that does not verify.</summary>
    public bool RestoredConsensus { get; }

    /// <summary>False if there was a vote in memory that does not verify.</summary>
    public bool RestoredVote { get; private set; } = true;

    /// <summary>Number of relays whose descriptors are held.</summary>
    public int DescriptorCount => _descriptors.ByRelay.Count;

    /// <summary>The next thing to be done; false when there is none.</summary>
    public bool TryTake([NotNullWhen(true)] out AuthorityOutput? output) => _outputs.TryDequeue(out output);

    /// <summary>When <see cref="Advance"/> has something to do next, if no event comes before.</summary>
    public DateTimeOffset NextDeadline(DateTimeOffset now)
    {
        double[] fractions = [_options.VoteAt, _options.SignAt, _options.FetchAt, 1.0];
        return fractions.Select(fraction => MomentOf(now, fraction)).First(moment => moment > now);
    }

    /// <summary>Does what the time demands: begin a round, vote, count and sign, ask for a missed consensus.</summary>
    public void Advance(DateTimeOffset now)
    {
        var target = _network.EpochAt(now) + 1;
        if (target > _round.Target || target + ClockSlack < _round.Target)
        {
            BeginRound(target, now);
        }

        if (Current?.Epoch >= _round.Target)
        {
            return;
        }

        if (!_round.Voted && now >= MomentOf(now, _options.VoteAt))
        {
            // A vote that comes when the others count would only split the result: better none this time.
            _round.Voted = true;
            if (now < MomentOf(now, _options.SignAt))
            {
                Vote(now);
            }
        }

        if (!_round.Counted && now >= MomentOf(now, _options.SignAt))
        {
            CountAndSign(now);
        }

        if (!_round.Asked && now >= MomentOf(now, _options.FetchAt) && Current?.Epoch != _round.Target)
        {
            _round.Asked = true;
            Put(new AuthorityOutput(AuthorityAction.FetchConsensus, default));
        }
    }

    /// <summary>A relay sent its descriptor; the answer is what the relay is told.</summary>
    public RefusalCode OnDescriptor(ReadOnlyMemory<byte> bytes, DateTimeOffset now)
    {
        Advance(now);
        // The descriptor outlives the reader's buffer.
        if (bytes.Length > DocumentLimits.MaxDescriptorBytes
            || !SignedDescriptor.TryOpen(bytes.ToArray(), _network, out var descriptor))
        {
            return RefusalCode.Malformed;
        }

        return ConsensusAssembly.IsCurrent(descriptor.Descriptor, _round.Target, _options.DescriptorEpochs)
            ? _descriptors.Add(descriptor)
            : RefusalCode.WrongEpoch;
    }

    /// <summary>Another authority sent its vote.</summary>
    public RefusalCode OnVote(ReadOnlyMemory<byte> bytes, DateTimeOffset now)
    {
        Advance(now);
        var refusal = OpenPeer(
            AuthorityVote.Purpose, bytes, DocumentLimits.MaxVoteBytes, out var authority, out var body);
        if (refusal != RefusalCode.None)
        {
            return refusal;
        }

        if (!VerifiedVote.TryOpen(authority, body, _network, _descriptors.ByRelay, out var vote))
        {
            return RefusalCode.Malformed;
        }

        if (vote.Vote.Epoch != _round.Target)
        {
            return RefusalCode.WrongEpoch;
        }

        if (vote.Vote.Previous != (Current?.Document.Digest ?? default) && vote.Vote.Previous != default
            && !_round.AskedForPrevious)
        {
            // One of us missed a consensus. If it is us, there is time to get it before the votes are counted.
            _round.AskedForPrevious = true;
            Put(new AuthorityOutput(AuthorityAction.FetchConsensus, default) { To = authority });
        }

        if (!_round.Counted && _round.Knows(vote) && _round.TryReturn(authority))
        {
            // It sends its vote again: it was restarted, and has lost ours.
            Put(new AuthorityOutput(AuthorityAction.SendVote, _round.OwnVote)
            {
                To = authority,
                Until = MomentOf(now, _options.SignAt),
            });
        }

        return _round.Add(vote);
    }

    /// <summary>Another authority sent its signature of a header.</summary>
    public RefusalCode OnSignature(ReadOnlyMemory<byte> bytes, DateTimeOffset now)
    {
        Advance(now);
        var refusal = OpenPeer(
            AuthoritySignature.Purpose, bytes, AuthoritySignature.MaxBytes, out var authority, out var body);
        if (refusal != RefusalCode.None)
        {
            return refusal;
        }

        var signer = _network.Authorities[authority].Identity;
        if (!AuthoritySignature.TryDecodeBody(body, out var signature) || signature.Network != _network.Id
            || !DocumentSignature.Holds(
                ConsensusHeader.Purpose, signer, signature.Digest, signature.Signature.Span))
        {
            return RefusalCode.Malformed;
        }

        if (signature.Epoch != _round.Target)
        {
            return RefusalCode.WrongEpoch;
        }

        var outcome = _round.Add(authority, signature);
        PublishIfSigned();
        return outcome;
    }

    /// <summary>
    /// Another authority answered with a consensus. One that is newer than ours and not of a later round is taken and
    /// published here, too; true if so.
    /// </summary>
    public bool OnConsensus(ReadOnlyMemory<byte> bytes, DateTimeOffset now)
    {
        Advance(now);
        if (bytes.Length > DocumentLimits.MaxConsensusBytes || !OpenNewer(bytes.ToArray()))
        {
            return false;
        }

        Put(new AuthorityOutput(AuthorityAction.Publish, Current!.Document.Bytes));
        return true;
    }

    // A clock that was put back far begins anew where it is now. Whether this epoch was voted in before the clock went
    // wrong is not known, so the first round there is left out.
    private void BeginRound(ulong target, DateTimeOffset now)
    {
        var isFirst = _round.Target == 0;
        var wentBack = target < _round.Target;
        _round = new AuthorityRound(_network, target)
        {
            Voted = target <= _votedEpoch && (isFirst || wentBack || target + ClockSlack >= _votedEpoch),
        };
        _round.Voted |= isFirst && (_memory.VoteUnreadable || !RestoredVote);
        _descriptors.Prune(descriptor =>
            ConsensusAssembly.IsCurrent(descriptor, target, _options.DescriptorEpochs));
        if (isFirst && _restored?.Vote.Epoch == target)
        {
            ResumeRound(_restored, now);
        }

        _restored = null;
    }

    // The vote of before the crash is the vote. If the time to sign has come, a signature may have been sent, too.
    private void ResumeRound(VerifiedVote own, DateTimeOffset now)
    {
        _round.Add(own);
        _round.OwnVote = _memory.Vote;
        if (now >= MomentOf(now, _options.SignAt))
        {
            _round.SkipCount();
            return;
        }

        SendVote(now);
    }

    private void RestoreVote(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        RestoredVote = SignedEnvelope.TrySplit(bytes, DocumentLimits.MaxVoteBytes, out var envelope)
            && _network.IndexOf(envelope.Signer) == _ownIndex
            && DocumentSignature.Holds(AuthorityVote.Purpose, envelope)
            && VerifiedVote.TryOpen(_ownIndex, envelope.Body, _network, _descriptors.ByRelay, out _restored);
        if (_restored is null)
        {
            return;
        }

        // Relays publish once an epoch: without these the next vote would miss most of them.
        _votedEpoch = _restored.Vote.Epoch;
        foreach (var descriptor in _restored.Descriptors)
        {
            _descriptors.Add(descriptor);
        }
    }

    private bool OpenNewer(ReadOnlyMemory<byte> bytes)
    {
        if (ConsensusDocument.TryOpen(bytes, _network, out var document) != ConsensusFault.None || document is null
            || document.Header.Epoch <= (Current?.Epoch ?? 0)
            || (_round.Target != 0 && document.Header.Epoch > _round.Target))
        {
            return false;
        }

        Current = new Consensus(document, _network);
        return true;
    }

    private RefusalCode OpenPeer(
        string purpose, ReadOnlyMemory<byte> bytes, int limit, out int authority, out ReadOnlyMemory<byte> body)
    {
        (authority, body) = (-1, default);
        if (bytes.Length > limit || !SignedEnvelope.TrySplit(bytes.ToArray(), limit, out var envelope))
        {
            return RefusalCode.Malformed;
        }

        authority = _network.IndexOf(envelope.Signer);
        if (authority < 0 || authority == _ownIndex)
        {
            return RefusalCode.NotAuthority;
        }

        body = envelope.Body;
        return DocumentSignature.Holds(purpose, envelope) ? RefusalCode.None : RefusalCode.Malformed;
    }

    private void Vote(DateTimeOffset now)
    {
        Bytes32 random = default;
        _decisions.Fill(random);
        var body = new AuthorityVote
        {
            Network = _network.Id,
            Epoch = _round.Target,
            Previous = Current?.Document.Digest ?? default,
            Random = random,
            Parameters = _options.Parameters ?? NetworkParameters.Initial(_network.Lab),
            Descriptors = _descriptors.Ordered(),
        }.EncodeBody();
        if (!VerifiedVote.TryOpen(_ownIndex, body, _network, _descriptors.ByRelay, out var own))
        {
            throw new InvalidOperationException("the own vote does not verify: are the parameters within bounds?");
        }

        _round.Add(own);
        _round.OwnVote = DocumentSignature.Seal(AuthorityVote.Purpose, _options.Identity, body);
        _votedEpoch = _round.Target;
        SendVote(now);
    }

    private void SendVote(DateTimeOffset now) => Put(new AuthorityOutput(AuthorityAction.SendVote, _round.OwnVote)
    {
        Until = MomentOf(now, _options.SignAt),
    });

    private void CountAndSign(DateTimeOffset now)
    {
        if (_round.Count(_options, Current?.Document) is not { } signature)
        {
            return;
        }

        _round.Add(_ownIndex, signature);
        var bytes = DocumentSignature.Seal(AuthoritySignature.Purpose, _options.Identity, signature.EncodeBody());
        Put(new AuthorityOutput(AuthorityAction.SendSignature, bytes) { Until = MomentOf(now, 1.0) });
        PublishIfSigned();
    }

    private void PublishIfSigned()
    {
        if (Current?.Epoch >= _round.Target || _round.TryJoin() is not { } bytes)
        {
            return;
        }

        if (!OpenNewer(bytes))
        {
            throw new InvalidOperationException("the consensus that was made here does not verify");
        }

        Put(new AuthorityOutput(AuthorityAction.Publish, bytes));
    }

    private void Put(AuthorityOutput output)
    {
        if (_outputs.Count == MaxOutputs)
        {
            _outputs.Dequeue();
        }

        _outputs.Enqueue(output);
    }

    private DateTimeOffset MomentOf(DateTimeOffset now, double fraction) =>
        _network.StartOf(_network.EpochAt(now)) + TimeSpan.FromSeconds(_network.EpochSeconds * fraction);
}
