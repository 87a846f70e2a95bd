using Veil.Wire;
using Veil.Wire.Documents;

namespace Veil.Directory.Clocks;

/// <summary>
/// Compares this machine's clock with those of distinct responders (spec/directory.md, section 10). The authorities,
/// who are trusted with the list of relays, decide if a majority of them answered; else three or more of any kind do,
/// so that no single relay convinces. No clock of its own; not for concurrent use.
/// </summary>
public sealed class ClockWatch
{
    /// <summary>Responders whose last answer is kept; the oldest gives way.</summary>
    public const int MaxResponders = 64;

    /// <summary>Responders that convince without a majority of the authorities.</summary>
    public const int MinResponders = 3;

    // Longer than the longest pause between two questions, so that a verdict does not come and go.
    private const int SampleEpochs = 8;
    private static readonly TimeSpan ShortestMemory = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LargestBound = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan SmallestBound = TimeSpan.FromSeconds(1);

    private readonly NetworkDefinition _network;
    private readonly bool _isAuthority;
    private readonly TimeSpan _memory;
    private readonly Dictionary<RelayId, ClockSample> _samples = [];

    /// <summary>Knows nothing yet.</summary>
    /// <param name="network">The network.</param>
    /// <param name="self">This node's identity, or null for a client: an authority is one of those that count.</param>
    public ClockWatch(NetworkDefinition network, RelayId? self)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
        _isAuthority = self is { } own && network.IndexOf(own) >= 0;
        Bound = BoundOf(network);
        var memory = TimeSpan.FromSeconds((double)network.EpochSeconds * SampleEpochs);
        _memory = memory > ShortestMemory ? memory : ShortestMemory;
    }

    /// <summary>How far a clock may be off: a quarter of an epoch, between 1 s and 5 min.</summary>
    public TimeSpan Bound { get; }

    /// <summary>The bound of a network.</summary>
    public static TimeSpan BoundOf(NetworkDefinition network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var quarter = TimeSpan.FromSeconds(network.EpochSeconds / 4.0);
        return quarter < SmallestBound ? SmallestBound : quarter > LargestBound ? LargestBound : quarter;
    }

    /// <summary>Takes an answer's time. One whose round trip is longer than the bound tells nothing.</summary>
    public void Add(ClockSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (sample.RoundTrip > Bound)
        {
            return;
        }

        if (_samples.Count == MaxResponders && !_samples.ContainsKey(sample.Responder))
        {
            _samples.Remove(_samples.Values.MinBy(known => known.Uptime)!.Responder);
        }

        _samples[sample.Responder] = sample;
    }

    /// <summary>
    /// The verdict now. Answers from before this machine's clock was set, or it slept, do not count: its time and its
    /// uptime have not gone the same way since.
    /// </summary>
    public ClockVerdict Judge(DateTimeOffset now, TimeSpan uptime)
    {
        var authorities = new List<TimeSpan>();
        var all = new List<TimeSpan>();
        var suspect = false;
        var responders = 0;
        foreach (var sample in _samples.Values.Where(sample => Counts(sample, now, uptime)))
        {
            var offset = sample.Ours - sample.Theirs;
            suspect |= offset.Duration() > Bound;
            responders++;
            all.Add(offset);
            if (_network.IndexOf(sample.Responder) >= 0)
            {
                authorities.Add(offset);
                all.Add(offset);
            }
        }

        if (_isAuthority)
        {
            authorities.Add(TimeSpan.Zero);
        }

        TimeSpan? verdict = authorities.Count > _network.Authorities.Count / 2 && responders > 0
            ? MedianOf(authorities)
            : responders >= MinResponders ? MedianOf(all) : null;
        // An authority counts itself, and one other that disagrees does not outweigh it: then the rest has to be heard.
        bool isOpen = verdict is null || (_isAuthority && authorities.Count < _network.Authorities.Count);
        return new ClockVerdict(verdict, Bound, suspect && isOpen && !(verdict?.Duration() > Bound), responders);
    }

    private bool Counts(ClockSample sample, DateTimeOffset now, TimeSpan uptime)
    {
        var passed = uptime - sample.Uptime;
        return passed <= _memory && (now - sample.Ours - passed).Duration() <= Bound / 2;
    }

    // Of an even number the one of the two in the middle that is nearer to zero: when in doubt, the clock is right.
    private static TimeSpan MedianOf(List<TimeSpan> offsets)
    {
        offsets.Sort();
        var upper = offsets[offsets.Count / 2];
        var lower = offsets[(offsets.Count - 1) / 2];
        return lower.Duration() < upper.Duration() ? lower : upper;
    }
}
