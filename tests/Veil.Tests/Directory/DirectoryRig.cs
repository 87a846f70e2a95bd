using System.Buffers.Binary;
using NSec.Cryptography;
using Veil.Directory;
using Veil.Directory.Documents;
using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Seams;
using Xunit;

namespace Veil.Tests.Directory;

/// <summary>Seeded decisions for these tests: SplitMix64, so that a failure repeats.</summary>
internal sealed class SeededDecisions(ulong seed) : DecisionSource
{
    private ulong _state = seed;

    public override void Fill(Span<byte> destination)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (var offset = 0; offset < destination.Length; offset += word.Length)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
            word[..Math.Min(word.Length, destination.Length - offset)].CopyTo(destination[offset..]);
        }
    }

    private ulong Next() => unchecked(Mix(_state += 0x9E3779B97F4A7C15));

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}

/// <summary>Fixed keys, networks, descriptors and consensuses for the directory's tests.</summary>
internal static class DirectoryRig
{
    public const ulong Epoch = 500_000;

    public static Key KeyOf(byte kind, int number)
    {
        var seed = new byte[32];
        seed[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(seed.AsSpan(1), number);
        return Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
    }

    public static Bytes32 Filled(byte kind, int number)
    {
        Span<byte> bytes = stackalloc byte[32];
        bytes[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(bytes[1..], number + 1);
        return new Bytes32(bytes);
    }

    public static NetworkAddress Address(string text) =>
        NetworkAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);

    public static Key AuthorityKey(int index) => KeyOf(1, index);

    public static NetworkDefinition Network(
        int authorities = 3, int quorum = 2, bool lab = true, int epochSeconds = 3600)
    {
        var list = Enumerable.Range(0, authorities).Select(index =>
        {
            using var key = AuthorityKey(index);
            return new AuthorityDefinition(
                $"auth{index}",
                DocumentSignature.IdentityOf(key),
                Filled(2, index),
                Address($"9.9.{index + 1}.1:{7000 + index}"));
        });
        return new NetworkDefinition("test", lab, epochSeconds, [.. list], quorum);
    }

    public static RelayDescriptor Descriptor(NetworkDefinition network, int number, ulong epoch = Epoch)
    {
        using var key = KeyOf(3, number);
        return new RelayDescriptor
        {
            Network = network.Id,
            Identity = DocumentSignature.IdentityOf(key),
            LinkKey = Filled(4, number),
            OnionKey = Filled(5, number),
            Addresses = [Address($"20.{number % 200}.{1 + (number / 200)}.1:4000")],
            Roles = RelayRoles.Relay | RelayRoles.Store,
            Weight = 1000,
            Versions = [1],
            PublishedEpoch = epoch,
            Sequence = epoch,
        };
    }

    public static ReadOnlyMemory<byte> Sign(RelayDescriptor descriptor, int number)
    {
        using var key = KeyOf(3, number);
        return SignedDescriptor.Sign(descriptor, key).Bytes;
    }

    public static RelayEntry Entry(int number, uint weight = 1000) => new()
    {
        Identity = new RelayId(Filled(6, number)),
        LinkKey = Filled(4, number),
        OnionKey = Filled(5, number),
        Address = Address($"20.{number % 200}.{1 + (number / 200)}.1:4000"),
        Flags = RelayFlags.Relay | RelayFlags.Guard | RelayFlags.Store,
        VersionMin = 1,
        VersionMax = 1,
        WeightStart = 0,
        Weight = weight,
        AdmittedEpoch = Epoch - 100,
        RingPosition = BlockRef.Of(Filled(7, number).AsSpan()).Value,
    };

    public static (byte[] Header, ConsensusTrees Trees) Unsigned(
        NetworkDefinition network, IEnumerable<RelayEntry> entries, ulong epoch = Epoch)
    {
        var trees = ConsensusTrees.Make(entries);
        var start = network.StartOf(epoch).ToUnixTimeSeconds();
        var header = new ConsensusHeader
        {
            Network = network.Id,
            Epoch = epoch,
            ValidAfter = start,
            FreshUntil = start + network.EpochSeconds,
            ValidUntil = start + (3L * network.EpochSeconds),
            Randomness = Filled(8, 1),
            Previous = Filled(8, 2),
            Parameters = new Dictionary<string, ulong> { ["ring.memory"] = 720, ["a.b"] = 7 },
            Count = trees.Entries.Count,
            TotalWeight = trees.TotalWeight,
            RelaysRoot = trees.Relays.Root,
            StoreCount = trees.StoreOrder.Count,
            StoresRoot = trees.Stores.Root,
        };
        return (header.Encode(), trees);
    }

    public static byte[] SignConsensus(byte[] header, ReadOnlySpan<byte> leaves, params int[] authorities) =>
        ConsensusLayout.Join(header, leaves, [.. authorities.Select(index =>
        {
            using var key = AuthorityKey(index);
            return ((byte)index, (ReadOnlyMemory<byte>)DocumentSignature.Sign(ConsensusHeader.Purpose, key, header));
        })]);

    public static byte[] ConsensusBytes(NetworkDefinition network, IEnumerable<RelayEntry> entries, ulong epoch = Epoch)
    {
        var (header, trees) = Unsigned(network, entries, epoch);
        return SignConsensus(header, trees.Leaves.Span, [.. Enumerable.Range(0, network.Quorum)]);
    }

    /// <summary>Guards, of which the first are no stores and the others are.</summary>
    public static IEnumerable<RelayEntry> Relays(int free, int all) => Enumerable.Range(0, all)
        .Select(number => Entry(number) with
        {
            Flags = RelayFlags.Relay | RelayFlags.Guard | (number < free ? RelayFlags.None : RelayFlags.Store),
        });

    public static Consensus ConsensusOf(
        IEnumerable<RelayEntry> entries, bool lab = true, ulong epoch = Epoch)
    {
        var network = Network(lab: lab);
        var fault = ConsensusDocument.TryOpen(ConsensusBytes(network, entries, epoch), network, out var document);
        Assert.Equal(ConsensusFault.None, fault);
        return new Consensus(document!, network);
    }
}
