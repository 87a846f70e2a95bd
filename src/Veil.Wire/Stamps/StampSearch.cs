using System.Diagnostics;

namespace Veil.Wire.Stamps;

/// <summary>
/// The search for one stamp, in pieces of any size, from nonce 0 up (spec/stamp.md, section 4): the same terms and work
/// give the same stamp wherever it is interrupted. One owner.
/// </summary>
public sealed class StampSearch
{
    private readonly Bytes32 _seed;
    private readonly ulong _target;
    private ulong _next;

    /// <summary>A search that has not begun.</summary>
    /// <param name="terms">What the stamp is for.</param>
    /// <param name="work">Hashes that it takes on average; at least 1.</param>
    public StampSearch(in StampTerms terms, ulong work)
    {
        ArgumentOutOfRangeException.ThrowIfZero(work);
        _seed = terms.Seed();
        _target = StampTerms.Target(work);
    }

    /// <summary>Hashes so far.</summary>
    public ulong Tried => _next;

    /// <summary>Goes on for so many hashes at most, rounded up to four.</summary>
    /// <param name="hashes">The bound.</param>
    /// <param name="stamp">Valid on success: the first that is worth the work.</param>
    public bool TryFind(int hashes, out Stamp stamp)
    {
        for (; hashes > 0; hashes -= StampLanes.Count, _next += StampLanes.Count)
        {
            int lane = StampLanes.FindFirst(_seed, _next, _target);
            if (lane >= 0)
            {
                stamp = new Stamp(_next + (ulong)lane);
                Debug.Assert(StampTerms.Value(_seed, stamp) <= _target);
                return true;
            }
        }

        stamp = Stamp.None;
        return false;
    }
}
