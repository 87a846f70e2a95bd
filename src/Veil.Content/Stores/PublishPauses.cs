using System.Text;
using Geralt;
using Veil.Content.Edge;
using Veil.Wire;
using Veil.Wire.Seams;

namespace Veil.Content.Stores;

/// <summary>
/// Random waits before a publisher opens a branch, and before the first block goes over it (spec/stripe.md, section 6):
/// a store, or all of them together, would else measure the round trip to the publisher, which tells users apart. The
/// waits must not follow the round trip themselves, or they tell it: they are the same for all, except where it is so
/// short that there is no network to hide in. Any thread.
/// </summary>
internal sealed class PublishPauses
{
    // Of the unit: what all branches of a group wait beyond all else, and what each waits by itself.
    private const double GroupShare = 2;
    private const double BranchShare = 1;
    private const double Gain = 0.125;

    // The unit, and the mean opening below which it is in proportion: four hops in one lab or data centre.
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Near = TimeSpan.FromSeconds(1.0 / 16);

    private readonly DecisionSource _decisions;
    private readonly TimeProvider _time;
    private readonly Bytes32 _salt;
    private readonly Lock _lock = new();
    private TimeSpan _mean = Near;
    private bool _any;

    /// <summary>Knows no opening yet.</summary>
    internal PublishPauses(DecisionSource decisions, TimeProvider time)
    {
        (_decisions, _time) = (decisions, time);
        Span<byte> salt = stackalloc byte[Bytes32.Size];
        decisions.Fill(salt);
        _salt = new Bytes32(salt);
    }

    // In a lab rounded to a power of two.
    private TimeSpan Unit
    {
        get
        {
            TimeSpan mean;
            lock (_lock)
            {
                mean = _mean;
            }

            if (mean >= Near) return Usual;
            return mean > TimeSpan.Zero
                ? TimeSpan.FromSeconds(Math.Pow(2, Math.Round(Math.Log2(mean.TotalSeconds))))
                : TimeSpan.Zero;
        }
    }

    /// <summary>How long opening a branch took.</summary>
    internal void Observe(TimeSpan opening)
    {
        lock (_lock)
        {
            _mean = _any ? _mean + (Gain * (opening - _mean)) : opening;
            _any = true;
        }
    }

    /// <summary>Waits before a branch is opened.</summary>
    internal Task BeforeBranchAsync(CancellationToken cancellationToken) =>
        WaitAsync(BranchShare * NextFraction() * Unit, cancellationToken);

    /// <summary>Waits before the first block goes over a branch.</summary>
    internal Task BeforeFirstBlockAsync(IsolationGroup group, CancellationToken cancellationToken) =>
        WaitAsync(((GroupShare * FractionOf(group)) + (BranchShare * NextFraction())) * Unit, cancellationToken);

    private async Task WaitAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        // A timer cannot wait for less, and on such a path there is nothing to hide.
        if (pause >= TimeSpan.FromMilliseconds(1)) await Task.Delay(pause, _time, cancellationToken);
    }

    private double NextFraction() => FractionOf(_decisions.NextUInt64());

    // The same for all of a group, without a table of groups.
    private double FractionOf(IsolationGroup group)
    {
        byte[] input = [.. _salt.AsSpan(), .. Encoding.UTF8.GetBytes(group.Name)];
        Bytes32 digest = default;
        BLAKE2b.ComputeHash(digest, input);
        return FractionOf(digest.Prefix64());
    }

    // 53 bits: what a double holds exactly.
    private static double FractionOf(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));
}
