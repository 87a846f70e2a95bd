using Veil.Wire.Stamps;

namespace Veil.Storage.Serving;

/// <summary>How a store's price follows its fill level (spec/stamp.md, section 3).</summary>
public sealed record StampTariff
{
    /// <summary>The most that a store can be told to ask, and a client to pay.</summary>
    public const uint MaxPrice = 1 << 20;

    // Each is twice the one before.
    private const int Steps = 10;

    /// <summary>Asked of everybody by a store that is full, in hashes for a block and a day, up to
    /// <see cref="MaxPrice"/>; 0 never asks for stamps.</summary>
    public uint FullPrice { get; init; } = 1024;

    /// <summary>Per cent of the quota up to which nothing is asked, 0 to 100.</summary>
    public int FreePercent { get; init; } = 50;

    /// <summary>The price of a store that takes up so much of its quota.</summary>
    /// <param name="bytes">What its files take; more than the quota is as full as the quota.</param>
    /// <param name="quota">At least 1.</param>
    public StampPrice At(long bytes, long quota)
    {
        var free = (long)((Int128)quota * FreePercent / 100);
        if (bytes < free || free >= quota)
        {
            return StampPrice.Free;
        }

        var step = (int)Int128.Min(Steps - 1, (Int128)(bytes - free) * Steps / (quota - free));
        return new StampPrice(FullPrice >> (Steps - 1 - step));
    }
}
