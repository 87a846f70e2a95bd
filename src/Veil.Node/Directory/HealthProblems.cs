using System.Globalization;
using Veil.Directory;
using Veil.Directory.Clocks;
using Veil.Directory.Paths;
using Veil.Wire.Documents;

namespace Veil.Node.Directory;

/// <summary>The problems that <see cref="NetworkHealth"/> can name, in words (spec/directory.md, section 11).</summary>
internal static class HealthProblems
{
    /// <summary>Below this many relays nobody is hidden among them.</summary>
    internal const int MinRelays = 50;

    /// <summary>Below this many neighbourhoods, too few independent operators.</summary>
    internal const int MinNeighbourhoods = 5;

    private const string SetTheClock = "correct it: timedatectl set-ntp true";

    /// <summary>The verdict in words, or null if the clock is not known to be wrong.</summary>
    internal static HealthProblem? Clock(ClockVerdict verdict, TimeSpan? atLeastBehind)
    {
        if (verdict is { IsWrong: true, Offset: { } offset })
        {
            bool ahead = offset > TimeSpan.Zero;
            return new HealthProblem(
                ahead ? "clock_ahead" : "clock_behind",
                $"this machine's clock is {Text(offset)} {(ahead ? "ahead of" : "behind")} the network's",
                SetTheClock);
        }

        return atLeastBehind is { } behind && verdict.Offset is null
            ? new HealthProblem(
                "clock_behind",
                $"this machine's clock is at least {Text(behind)} behind the network's: "
                + "the authorities have signed a list for later",
                SetTheClock)
            : null;
    }

    /// <summary>Who does not answer, or null.</summary>
    internal static HealthProblem? Unreachable(Reachability reach)
    {
        if (reach is { NobodyAnswers: true, RelaysFail: true })
        {
            return new HealthProblem(
                "network_unreachable",
                $"nobody in the network can be reached: {reach.Kinds}",
                "check this machine's connection, and that a firewall lets outgoing TCP through");
        }

        return reach.NoAuthorityAnswers
            ? new HealthProblem(
                "authorities_unreachable",
                $"none of the {reach.Others} authorities answers{(reach.IsFailing ? $": {reach.Kinds}" : "")}",
                "if other machines reach them, check this one's connection and firewall; else wait for their operators")
            : null;
    }

    /// <summary>Why there is no consensus to use, where nothing else explains it.</summary>
    internal static HealthProblem NoLiveConsensus(Consensus? newest, DateTimeOffset now, bool isSuspect)
    {
        string doubt = isSuspect ? "; too few answer to tell whether this machine's clock is right" : "";
        return newest is null
            ? new HealthProblem(
                "no_consensus",
                $"the network has not made a list of relays yet{doubt}",
                "a new network needs up to 1.2 epochs after a quorum of its authorities has met")
            : new HealthProblem(
                "consensus_expired",
                $"the newest list of relays is over since {Text(now - newest.ValidUntil)}{doubt}",
                "the authorities answer but make no newer one: their operators have to look after them");
    }

    /// <summary>Whether the network is too small to hide anyone, or null.</summary>
    internal static HealthProblem? TooSmall(Consensus consensus)
    {
        var relays = consensus.Relays.Where(entry => entry.Has(RelayFlags.Relay)).ToList();
        int subnets = relays.Select(entry => entry.Address.Subnet).Distinct().Count();
        int families = relays.Select(entry => entry.Family == default ? entry.Identity.Value : entry.Family)
            .Distinct().Count();
        int neighbourhoods = Math.Min(subnets, families);
        return relays.Count >= MinRelays && neighbourhoods >= MinNeighbourhoods
            ? null
            : new HealthProblem(
                "network_too_small",
                $"{relays.Count} relays in {neighbourhoods} "
                + $"{(neighbourhoods == 1 ? "neighbourhood" : "neighbourhoods")} hide nobody: "
                + "who runs or watches a few of them sees both ends of a path",
                $"do not rely on it for anonymity; it takes {MinRelays} relays in {MinNeighbourhoods} networks and "
                + "families, and then many more");
    }

    /// <summary>Whether what is published goes over stores, or null.</summary>
    internal static HealthProblem? StoresOnPaths(Consensus consensus) => consensus.PublishesPastStores
        ? null
        : new HealthProblem(
            "stores_on_paths",
            "too few relays are no stores for publications to pass none: "
            + "stores that tell what they see as relays know who published what they store",
            $"it takes relays without stores of {StoreFreeRelays.MinOperators} operators, with a sixth of the "
            + "network's weight: run one, or publish elsewhere");

    /// <summary>A document that authorities refuse.</summary>
    internal static HealthProblem Refused(string what, IReadOnlyCollection<RefusalCode> codes, int authorities) =>
        new(
            $"{what}_refused",
            $"{codes.Count} of {authorities} authorities refuse this node's {what}: "
            + string.Join(", ", codes.Distinct().Order().Select(Name)),
            string.Join("; ", codes.Distinct().Order().Select(HintOf).Distinct()));

    /// <summary>What is remembered between runs could not be written.</summary>
    internal static HealthProblem StateNotSaved() => new(
        "state_not_saved",
        "the guards or the list of relays could not be written to the data folder",
        "check free space and permissions of the data folder: after a restart this node would choose new guards");

    /// <summary>A length of time in its two largest units: "1 h 2 min".</summary>
    internal static string Text(TimeSpan time)
    {
        long seconds = (long)Math.Round(time.Duration().TotalSeconds);
        (string Unit, long Seconds)[] units = [("y", 31_536_000), ("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
        int first = Array.FindIndex(units, unit => seconds >= unit.Seconds);
        if (first < 0)
        {
            return "0 s";
        }

        long count = seconds / units[first].Seconds;
        string text = string.Create(CultureInfo.InvariantCulture, $"{count} {units[first].Unit}");
        long rest = first + 1 < units.Length ? seconds % units[first].Seconds / units[first + 1].Seconds : 0;
        return rest == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text} {rest} {units[first + 1].Unit}");
    }

    private static string Name(RefusalCode code) => code switch
    {
        RefusalCode.Malformed => "malformed",
        RefusalCode.WrongEpoch => "wrong epoch",
        RefusalCode.OldSequence => "a newer one is known",
        RefusalCode.Full => "their table is full",
        RefusalCode.Equivocation => "it said something else before",
        _ => "not an authority",
    };

    private static string HintOf(RefusalCode code) => code switch
    {
        RefusalCode.WrongEpoch => "compare the clocks of this machine and the authority's",
        RefusalCode.OldSequence or RefusalCode.Equivocation =>
            "see that these keys run on one machine only, and that its clock was not put back; "
            + "it passes by itself within an epoch or two",
        RefusalCode.Full => "nothing can be done here",
        RefusalCode.Malformed => "use the same version of Veil and the same network file as the authorities",
        _ => "the network file names an authority that is none: get the present one",
    };
}
