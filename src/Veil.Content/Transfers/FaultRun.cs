namespace Veil.Content.Transfers;

/// <summary>
/// Requests to one store that failed in a row (spec/stripe.md, section 4). Those that were under way together and
/// failed soon after their beginning count once: a circuit that breaks takes all of its requests along, and says
/// nothing about the store.
/// </summary>
/// <param name="Count">How many.</param>
/// <param name="At">When the last one was counted, by the clock of whoever counts.</param>
internal readonly record struct FaultRun(int Count, long At)
{
    /// <summary>As many in a row are the store's own.</summary>
    public const int Limit = 3;

    /// <summary>A request that fails within this time of its beginning may have failed with its circuit, which is given
    /// up after 4 s of silence (spec/circuit.md, section 6); the time limit of a request, 8 s at least (spec/limits.md,
    /// section 3), is beyond it.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(7);

    /// <summary>A run that is as long as it takes.</summary>
    public static FaultRun Whole(TimeProvider time) => new(Limit, time.GetTimestamp());

    /// <summary>Whether a request that began then and has just failed may have failed with its circuit.</summary>
    public static bool IsSoon(TimeProvider time, long began) => time.GetElapsedTime(began) <= Soon;

    /// <summary>With one more request that failed.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="began">When the request began.</param>
    public FaultRun After(TimeProvider time, long began)
    {
        var isCounted = Count > 0 && began < At && IsSoon(time, began);
        return isCounted ? this : new FaultRun(Count + 1, time.GetTimestamp());
    }

    /// <summary>Whether it is long enough and not yet as old as that.</summary>
    public bool Holds(TimeProvider time, TimeSpan rest) => Count >= Limit && time.GetElapsedTime(At) < rest;
}
