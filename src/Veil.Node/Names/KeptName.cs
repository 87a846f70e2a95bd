using Veil.Content.Names;
using Veil.Wire.Names;

namespace Veil.Node.Names;

/// <summary>
/// A name whose records this node puts back: followed, published here, or both (spec/name.md, section 5). Immutable.
/// </summary>
/// <param name="Address">The name.</param>
/// <param name="IsFollowed">Its user follows it.</param>
/// <param name="IsOwn">It was published here.</param>
/// <param name="Records">Of one version, by day; none while nothing was found yet.</param>
internal sealed record KeptName(
    NameAddress Address, bool IsFollowed, bool IsOwn, IReadOnlyList<NameRecord> Records)
{
    /// <summary>The version of the records; 0 without any.</summary>
    internal ulong Sequence => Records.Count == 0 ? 0 : Records[0].Sequence;

    /// <summary>What the records say; null without any.</summary>
    internal NameContent? Content =>
        Records.Count > 0 && NameSeal.TryOpen(Address, Records[0], out var content) ? content : null;

    /// <summary>With further records of its version, or those of a later one alone, without days that are
    /// over.</summary>
    internal KeptName With(IEnumerable<NameRecord> records, NameDay today)
    {
        NameRecord[] all = [.. Records, .. records];
        var sequence = all.Length == 0 ? 0 : all.Max(record => record.Sequence);
        return this with
        {
            Records =
            [
                .. all.Where(record => record.Sequence == sequence && NameRecordLayout.IsKept(record.Day, today))
                    .DistinctBy(record => record.Day)
                    .OrderBy(record => record.Day),
            ],
        };
    }

    /// <summary>Tells nothing.</summary>
    public override string ToString() => nameof(KeptName);
}
