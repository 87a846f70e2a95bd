using NSec.Cryptography;
using Veil.Directory;
using Veil.Directory.Authorities;
using Veil.Directory.Documents;
using Veil.Wire;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Directory;

public sealed class AuthorityCoreTests : IDisposable
{
    private const int EpochSeconds = 100;

    private readonly NetworkDefinition _network = DirectoryRig.Network(epochSeconds: EpochSeconds);
    private readonly List<Key> _keys = [];
    private readonly List<AuthorityCore> _authorities;
    private readonly Dictionary<int, List<ReadOnlyMemory<byte>>> _published = [];
    private DateTimeOffset _now;

    public AuthorityCoreTests()
    {
        _now = _network.StartOf(DirectoryRig.Epoch);
        _authorities = [.. Enumerable.Range(0, 3).Select(index => Make(index))];
    }

    public void Dispose() => _keys.ForEach(key => key.Dispose());

    private AuthorityCore Make(int index, ReadOnlyMemory<byte> last = default, AuthorityOptions? options = null)
    {
        var key = DirectoryRig.AuthorityKey(index);
        _keys.Add(key);
        options = (options ?? new AuthorityOptions { Network = _network, Identity = key }) with { Identity = key };
        return new AuthorityCore(
            options, new SeededDecisions((ulong)index + 70), new AuthorityMemory { Consensus = last });
    }

    private void Publish(params int[] relays)
    {
        foreach (var number in relays)
        {
            var descriptor = DirectoryRig.Sign(
                DirectoryRig.Descriptor(_network, number, _network.EpochAt(_now)), number);
            Assert.All(
                _authorities, authority => Assert.Equal(RefusalCode.None, authority.OnDescriptor(descriptor, _now)));
        }
    }

    /// <summary>Runs to the end of the epoch; messages arrive at once, and the silent ones are cut off.</summary>
    private void RunEpoch(params int[] silent)
    {
        var end = _network.StartOf(_network.EpochAt(_now) + 1);
        while (_now < end)
        {
            for (var index = 0; index < _authorities.Count; index++)
            {
                if (!silent.Contains(index))
                {
                    _authorities[index].Advance(_now);
                }
            }

            while (Enumerable.Range(0, _authorities.Count).Any(sender => Deliver(sender, silent)))
            {
            }

            _now = _authorities[0].NextDeadline(_now);
        }
    }

    private bool Deliver(int sender, int[] silent)
    {
        if (silent.Contains(sender) || !_authorities[sender].TryTake(out var output))
        {
            return false;
        }

        if (output.Action == AuthorityAction.Publish)
        {
            _published.TryAdd(sender, []);
            _published[sender].Add(output.Bytes);
            return true;
        }

        foreach (var other in _authorities.Where((_, index) => index != sender && !silent.Contains(index)))
        {
            switch (output.Action)
            {
                case AuthorityAction.SendVote:
                    Assert.Equal(RefusalCode.None, other.OnVote(output.Bytes, _now));
                    break;
                case AuthorityAction.SendSignature:
                    other.OnSignature(output.Bytes, _now);
                    break;
                default:
                    _authorities[sender].OnConsensus(other.Current?.Document.Bytes ?? default, _now);
                    break;
            }
        }

        return true;
    }

    [Fact]
    public void Three_authorities_reach_one_consensus_in_the_first_epoch()
    {
        Publish(0, 1, 2, 3);
        RunEpoch();
        Assert.Equal(3, _published.Count);
        Assert.Single(_authorities.Select(authority => authority.Current!.Document.Digest).Distinct());
        var consensus = _authorities[0].Current!;
        Assert.Equal(DirectoryRig.Epoch + 1, consensus.Epoch);
        Assert.Equal(4, consensus.Relays.Count);
        Assert.Equal(4, consensus.Ring.Count);
        Assert.All(consensus.Relays, entry => Assert.True(entry.Has(RelayFlags.Guard | RelayFlags.Fast)));
        Assert.Equal(ConsensusFault.None, ConsensusDocument.TryOpen(_published[2][0], _network, out _));
    }

    [Fact]
    public void One_silent_authority_leaves_a_quorum_and_two_do_not()
    {
        Publish(0, 1, 2);
        RunEpoch(2);
        Assert.Equal(DirectoryRig.Epoch + 1, _authorities[0].Current!.Epoch);
        Assert.Equal(_authorities[0].Current!.Document.Digest, _authorities[1].Current!.Document.Digest);

        Publish(0, 1, 2);
        RunEpoch(1, 2);
        Assert.Equal(DirectoryRig.Epoch + 1, _authorities[0].Current!.Epoch);

        // The next epoch makes up for the missed one.
        Publish(0, 1, 2);
        RunEpoch();
        Assert.All(_authorities, authority => Assert.Equal(DirectoryRig.Epoch + 3, authority.Current!.Epoch));
    }

    [Fact]
    public void An_authority_that_lost_its_state_asks_for_the_consensus_and_joins_the_next_one()
    {
        Publish(0, 1, 2);
        RunEpoch();
        _authorities[2] = Make(2);
        Publish(0, 1, 2);
        RunEpoch();
        Assert.All(_authorities, authority => Assert.Equal(DirectoryRig.Epoch + 2, authority.Current!.Epoch));
        Assert.Single(_authorities.Select(authority => authority.Current!.Document.Digest).Distinct());
    }

    [Fact]
    public void A_persisted_consensus_is_taken_up_again()
    {
        Publish(0, 1, 2);
        RunEpoch();
        var restarted = Make(1, _authorities[1].Current!.Document.Bytes);
        Assert.Equal(DirectoryRig.Epoch + 1, restarted.Current!.Epoch);
    }

    [Fact]
    public void Places_on_the_ring_stay_through_epochs_and_absence()
    {
        Publish(0, 1, 2, 3);
        RunEpoch();
        var first = _authorities[0].Current!;
        var lost = DirectoryRig.Descriptor(_network, 3).Identity;
        for (var epoch = 0; epoch < 5; epoch++)
        {
            Publish(0, 1, 2);
            RunEpoch();
        }

        var without = _authorities[0].Current!;
        Assert.False(without.TryGet(lost, out _));
        Assert.Equal(3, without.Ring.Count);
        Assert.NotEqual(first.Document.Header.Randomness, without.Document.Header.Randomness);

        Publish(0, 1, 2, 3);
        RunEpoch();
        var back = _authorities[0].Current!;
        Assert.Equal(first.Ring.Stores, back.Ring.Stores);
        Assert.All(first.Relays, entry =>
        {
            Assert.True(back.TryGet(entry.Identity, out var later));
            Assert.Equal(entry.RingPosition, later.RingPosition);
            Assert.Equal(entry.AdmittedEpoch, later.AdmittedEpoch);
        });
    }

    [Fact]
    public void A_relay_that_only_one_authority_knows_is_not_listed()
    {
        Publish(0, 1);
        var hidden = DirectoryRig.Sign(DirectoryRig.Descriptor(_network, 5), 5);
        Assert.Equal(RefusalCode.None, _authorities[0].OnDescriptor(hidden, _now));
        RunEpoch();
        Assert.Equal(2, _authorities[0].Current!.Relays.Count);
    }

    [Fact]
    public void Of_two_descriptors_the_newer_sequence_counts()
    {
        Publish(0, 1);
        var newer = DirectoryRig.Descriptor(_network, 0) with { Sequence = DirectoryRig.Epoch + 9, Weight = 77 };
        Assert.Equal(RefusalCode.None, _authorities[1].OnDescriptor(DirectoryRig.Sign(newer, 0), _now));
        RunEpoch();
        Assert.True(_authorities[0].Current!.TryGet(newer.Identity, out var entry));
        Assert.Equal(77u, entry.Weight);
    }

    [Fact]
    public void Descriptors_are_refused_with_the_reason()
    {
        var authority = _authorities[0];
        RefusalCode Offer(RelayDescriptor descriptor) => authority.OnDescriptor(DirectoryRig.Sign(descriptor, 0), _now);
        var descriptor = DirectoryRig.Descriptor(_network, 0);

        Assert.Equal(RefusalCode.None, Offer(descriptor));
        Assert.Equal(RefusalCode.None, Offer(descriptor));
        Assert.Equal(RefusalCode.OldSequence, Offer(descriptor with { Weight = 5 }));
        Assert.Equal(RefusalCode.OldSequence, Offer(descriptor with { Sequence = 1 }));
        Assert.Equal(RefusalCode.OldSequence, Offer(descriptor with
        {
            PublishedEpoch = descriptor.PublishedEpoch - 1,
            Sequence = descriptor.Sequence + 1,
        }));
        Assert.Equal(RefusalCode.WrongEpoch, Offer(descriptor with { PublishedEpoch = descriptor.PublishedEpoch - 3 }));
        Assert.Equal(RefusalCode.WrongEpoch, Offer(descriptor with { PublishedEpoch = descriptor.PublishedEpoch + 2 }));
        Assert.Equal(RefusalCode.Malformed, authority.OnDescriptor(new byte[5000], _now));
        Assert.Equal(1, authority.DescriptorCount);
    }

    [Fact]
    public void Votes_are_refused_with_the_reason()
    {
        Publish(0);
        ReadOnlyMemory<byte> Vote(int index, ulong random, ulong epoch = DirectoryRig.Epoch + 1)
        {
            using var key = DirectoryRig.AuthorityKey(index);
            return DocumentSignature.Seal(AuthorityVote.Purpose, key, new AuthorityVote
            {
                Network = _network.Id,
                Epoch = epoch,
                Previous = default,
                Random = DirectoryRig.Filled(9, (int)random),
                Parameters = NetworkParameters.Initial(lab: true),
                Descriptors = [DirectoryRig.Sign(DirectoryRig.Descriptor(_network, 0), 0)],
            }.EncodeBody());
        }

        var authority = _authorities[0];
        Assert.Equal(RefusalCode.NotAuthority, authority.OnVote(Vote(0, 1), _now));
        Assert.Equal(RefusalCode.NotAuthority, authority.OnVote(Vote(7, 1), _now));
        Assert.Equal(RefusalCode.WrongEpoch, authority.OnVote(Vote(1, 1, DirectoryRig.Epoch + 2), _now));
        Assert.Equal(RefusalCode.None, authority.OnVote(Vote(1, 1), _now));
        Assert.Equal(RefusalCode.None, authority.OnVote(Vote(1, 1), _now));
        Assert.Equal(RefusalCode.Equivocation, authority.OnVote(Vote(1, 2), _now));
        authority.Advance(_now.AddSeconds(75));
        Assert.Equal(RefusalCode.WrongEpoch, authority.OnVote(Vote(2, 1), _now.AddSeconds(75)));

        var bytes = Vote(2, 1).ToArray();
        for (var index = 0; index < bytes.Length; index++)
        {
            var changed = bytes.ToArray();
            changed[index] ^= 2;
            Assert.NotEqual(RefusalCode.None, _authorities[1].OnVote(changed, _now));
        }
    }

    [Fact]
    public void In_a_large_network_no_relay_is_guard_and_store()
    {
        var descriptors = Enumerable.Range(0, 60).Select(number => DirectoryRig.Descriptor(_network, number)).ToList();
        var admission = new RelayAdmission(
            DirectoryRig.Epoch, null, DirectoryRig.Filled(1, 1), NetworkParameters.Initial(lab: false));
        var entries = admission.Admit(descriptors);
        Assert.Equal(12, entries.Count(entry => entry.Has(RelayFlags.Guard)));
        Assert.Equal(48, entries.Count(entry => entry.Has(RelayFlags.Store)));
        Assert.DoesNotContain(entries, entry => entry.Has(RelayFlags.Guard | RelayFlags.Store));

        var small = admission.Admit(descriptors[..50]);
        Assert.All(small, entry => Assert.True(entry.Has(RelayFlags.Guard | RelayFlags.Store)));
    }

    [Fact]
    public void A_new_store_waits_for_its_probation_where_others_serve()
    {
        var parameters = new Dictionary<string, ulong> { [NetworkParameters.StoreProbation] = 4 };
        var old = Enumerable.Range(0, 4).Select(number => DirectoryRig.Descriptor(_network, number)).ToList();
        var (header, trees) = DirectoryRig.Unsigned(
            _network,
            new RelayAdmission(DirectoryRig.Epoch, null, DirectoryRig.Filled(1, 1), parameters).Admit(old));
        var signed = DirectoryRig.SignConsensus(header, trees.Leaves.Span, 0, 1);
        Assert.Equal(ConsensusFault.None, ConsensusDocument.TryOpen(signed, _network, out var previous));

        var newcomer = DirectoryRig.Descriptor(_network, 9);
        var later = new RelayAdmission(DirectoryRig.Epoch + 5, previous, DirectoryRig.Filled(1, 2), parameters)
            .Admit([.. old, newcomer]);
        var entry = later.Single(one => one.Identity == newcomer.Identity);
        Assert.False(entry.Has(RelayFlags.Store));
        Assert.Equal(RelayAdmission.PointOf(newcomer.Identity, DirectoryRig.Filled(1, 2)), entry.RingPosition);
        Assert.Equal(4, later.Count(one => one.Has(RelayFlags.Store)));
    }

    [Fact]
    public void Options_out_of_order_and_foreign_keys_are_misuse()
    {
        var options = new AuthorityOptions { Network = _network, Identity = _keys[0], SignAt = 0.4 };
        Assert.Throws<ArgumentException>(() => Make(0, options: options));
        Assert.Throws<ArgumentException>(() => Make(7));
    }
}
