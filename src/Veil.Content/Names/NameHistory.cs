using Geralt;
using Veil.Wire;

namespace Veil.Content.Names;

/// <summary>
/// The highest version of each name that was seen here (spec/name.md, section 6), so that who shows an older one later
/// is found out. Names are kept as hashes: who does not know a name does not learn it. Safe for concurrent use.
/// </summary>
public sealed class NameHistory
{
    /// <summary>Names remembered; beyond it the one seen longest ago is forgotten.</summary>
    public const int Capacity = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<Bytes32, LinkedListNode<SeenName>> _byId = [];
    private readonly LinkedList<SeenName> _byUse = new();

    /// <summary>What is remembered, that seen longest ago first.</summary>
    public IReadOnlyList<SeenName> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _byUse];
            }
        }
    }

    private static ReadOnlySpan<byte> IdDomain => "veil name seen v1"u8;

    private static ReadOnlySpan<byte> TargetDomain => "veil name target v1"u8;

    /// <summary>Takes what an earlier run remembered.</summary>
    public void Restore(IEnumerable<SeenName> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        lock (_lock)
        {
            foreach (var entry in entries)
            {
                Put(entry);
            }
        }
    }

    /// <summary>The highest sequence number seen; 0 for a name that never was.</summary>
    public ulong HighestOf(NameAddress address)
    {
        lock (_lock)
        {
            return _byId.TryGetValue(IdOf(address), out var node) ? node.Value.Sequence : 0;
        }
    }

    /// <summary>Compares a version with what was seen before, and remembers it unless it is older.</summary>
    public NameVerdict Judge(NameAddress address, NameContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var seen = new SeenName(IdOf(address), content.Sequence, TargetOf(content));
        lock (_lock)
        {
            if (!_byId.TryGetValue(seen.Id, out var node) || node.Value.Sequence < seen.Sequence)
            {
                Put(seen);
                return NameVerdict.Newer;
            }

            return node.Value.Sequence > seen.Sequence ? NameVerdict.RolledBack
                : node.Value.Target != seen.Target ? NameVerdict.Forked
                : NameVerdict.Same;
        }
    }

    private static Bytes32 IdOf(NameAddress address) => Hash(IdDomain, address.Key.AsSpan());

    private static Bytes32 TargetOf(NameContent content) =>
        Hash(TargetDomain, System.Text.Encoding.ASCII.GetBytes(content.Target.Format()));

    private static Bytes32 Hash(ReadOnlySpan<byte> domain, ReadOnlySpan<byte> value)
    {
        byte[] input = [.. domain, .. value];
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, input);
        return digest;
    }

    private void Put(SeenName seen)
    {
        if (_byId.Remove(seen.Id, out var before))
        {
            _byUse.Remove(before);
        }
        else if (_byId.Count >= Capacity)
        {
            _byId.Remove(_byUse.First!.Value.Id);
            _byUse.RemoveFirst();
        }

        _byId.Add(seen.Id, _byUse.AddLast(seen));
    }
}

/// <summary>What is remembered of a name.</summary>
/// <param name="Id">A hash of the name.</param>
/// <param name="Sequence">The highest number seen.</param>
/// <param name="Target">A hash of what it stood for.</param>
public readonly record struct SeenName(Bytes32 Id, ulong Sequence, Bytes32 Target);

/// <summary>How a version compares with what was seen before.</summary>
public enum NameVerdict
{
    /// <summary>Nothing, or a lower number, was seen before.</summary>
    Newer,

    /// <summary>It was seen before.</summary>
    Same,

    /// <summary>A higher number was seen before.</summary>
    RolledBack,

    /// <summary>The same number was seen with other content.</summary>
    Forked,
}
