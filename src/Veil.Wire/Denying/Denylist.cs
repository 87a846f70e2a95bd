using System.Diagnostics;
using Geralt;

namespace Veil.Wire.Denying;

/// <summary>
/// What the owner of this node will neither keep nor open (spec/store.md, section 8): hashed references, so that the
/// list itself names nothing. A store asks it about blocks, a reader about the roots of content keys. Its entries can
/// be replaced at any time. Safe for concurrent use; 32 bytes of memory an entry.
/// </summary>
public sealed class Denylist
{
    /// <summary>32 MB in memory, 65 MB as a file.</summary>
    public const int MaxEntries = 1_000_000;

    // Sorted, without repetitions, never changed once it is here.
    private volatile Bytes32[] _entries = [];
    private long _refusals;

    /// <summary>Number of entries, repetitions not counted.</summary>
    public int Count => _entries.Length;

    /// <summary>How often something was forbidden since the start.</summary>
    public long Refusals => Interlocked.Read(ref _refusals);

    private static ReadOnlySpan<byte> Label => "veil deny v1"u8;

    /// <summary>The entry that forbids a reference: BLAKE2b-256 of the label and the 32 bytes.</summary>
    public static Bytes32 HashOf(BlockRef reference)
    {
        Span<byte> input = stackalloc byte[Label.Length + Bytes32.Size];
        Label.CopyTo(input);
        reference.Value.AsSpan().CopyTo(input[Label.Length..]);
        Bytes32 hash = default;
        BLAKE2b.ComputeHash(hash, input);
        Debug.Assert(hash != reference.Value, "a hash is not its input");
        return hash;
    }

    /// <summary>Whether the reference is forbidden; counted if it is.</summary>
    public bool Forbids(BlockRef reference)
    {
        Bytes32[] entries = _entries;
        if (entries.Length == 0 || Array.BinarySearch(entries, HashOf(reference)) < 0)
        {
            return false;
        }

        Interlocked.Increment(ref _refusals);
        return true;
    }

    /// <summary>Whether the list has this entry, as <see cref="HashOf"/> makes it. Not counted.</summary>
    public bool Contains(Bytes32 entry)
    {
        Bytes32[] entries = _entries;
        Debug.Assert(entries.Length <= MaxEntries, "Replace refuses more.");
        return Array.BinarySearch(entries, entry) >= 0;
    }

    /// <summary>Puts other entries in the place of all there are, at once.</summary>
    /// <exception cref="ArgumentException">More than <see cref="MaxEntries"/>.</exception>
    public void Replace(IReadOnlyCollection<Bytes32> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Count > MaxEntries)
        {
            throw new ArgumentException($"{entries.Count} entries: at most {MaxEntries}", nameof(entries));
        }

        Bytes32[] sorted = [.. entries];
        Array.Sort(sorted);
        int kept = 0;
        for (int index = 0; index < sorted.Length; index++)
        {
            if (index == 0 || sorted[index] != sorted[index - 1])
            {
                sorted[kept++] = sorted[index];
            }
        }

        Debug.Assert(kept <= sorted.Length);
        _entries = kept == sorted.Length ? sorted : sorted[..kept];
    }

    /// <summary>
    /// Puts the entries of a text in the place of all there are; one line that is wrong refuses all of it, and the
    /// entries before stay in force.
    /// </summary>
    /// <param name="text">The text (spec/store.md, section 8), read to its end; not disposed.</param>
    /// <param name="fault">The first line that is wrong, where false.</param>
    /// <exception cref="IOException">The text cannot be read; the entries before stay in force.</exception>
    public bool TryReplace(Stream text, out DenylistFault fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!DenylistText.TryRead(text, out List<Bytes32> entries, out fault))
        {
            return false;
        }

        Replace(entries);
        return true;
    }
}
