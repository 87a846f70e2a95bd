using System.Net;

namespace Veil.Tools.Testnet.Auditing;

/// <summary>Who saw the addresses of users.</summary>
/// <param name="nodes">All nodes of the network.</param>
internal sealed class AddressAudit(IReadOnlyList<AuditNode> nodes)
{
    private const string Out = "out ";
    private const string In = "in ";
    private const string Guard = "guard";
    private const string Accepted = "accepted";

    private readonly List<string> _problems = [];
    private readonly List<string> _notes = [];
    private long _byGuards;
    private long _byAuthorities;

    /// <summary>Only guards, and authorities that a client asked for a list, may have.</summary>
    internal AuditCheck Check()
    {
        AuditNode[] clients = [.. nodes.Where(node => node.IsClient)];
        foreach (var client in clients)
        {
            foreach (var node in nodes.Where(node => node != client))
            {
                Judge(client, node);
            }
        }

        if (_byGuards == 0)
        {
            _problems.Add("no guard saw a client: nothing to check");
        }

        return new AuditCheck(
            "addresses",
            "no node saw a client's address but its guards, and authorities that it asked for the list of relays",
            new Dictionary<string, long>
            {
                ["clients"] = clients.Length,
                ["seen_by_guards"] = _byGuards,
                ["seen_by_authorities"] = _byAuthorities,
            },
            _problems,
            _notes);
    }

    private void Judge(AuditNode client, AuditNode node)
    {
        RecordLine[] seen = [.. node.SettledLines.Where(line => Shows(line, client.Address))];
        if (seen.Length == 0)
        {
            return;
        }

        // What the client called the other end when it made the link: its guards are its own state's.
        var isGuard = client.Of(RecordLine.Address).Any(line =>
            line.As == Guard && line.Value.StartsWith(Out, StringComparison.Ordinal)
            && IsSame(line.Value[Out.Length..], node.Address));
        if (isGuard)
        {
            _byGuards += seen.Length;
            _notes.Add($"{node.Name} is a guard of {client.Name}");
        }
        else if (node.IsAuthority)
        {
            _byAuthorities += seen.Length;
            Explain(client, node, seen);
        }
        else
        {
            _problems.Add($"{node.Name}, no guard of {client.Name}, saw its address {client.Address} "
                + $"({seen.Length} times, as: {string.Join(", ", seen.Select(Describe).Distinct())})");
        }
    }

    // Without a list of relays there is no guard yet; with one that is over, a guard may have none either.
    private void Explain(AuditNode client, AuditNode authority, RecordLine[] seen)
    {
        var firstGuard = client.Of(RecordLine.Address).Where(line => line.As == Guard)
            .Select(line => line.T).DefaultIfEmpty(double.MaxValue).Min();
        var links = seen.Where(line => line.Saw == RecordLine.Address).ToList();
        var first = links.Count(line => line.T < firstGuard);
        _notes.Add($"{authority.Name}, an authority, saw {client.Name} before it had a guard (links: {first})"
            + (links.Count > first
                ? $" and later (links: {links.Count - first}): its list was over and no guard had a newer one, "
                    + "or it was started anew"
                : ""));
    }

    private static bool Shows(RecordLine line, string address) => line.Saw switch
    {
        RecordLine.Address => IsSame(line.Value[(line.Value.IndexOf(' ', StringComparison.Ordinal) + 1)..], address),
        RecordLine.Circuit => line.Link is { } link && IPEndPoint.TryParse(link, out var end)
            && IsSame(end.Address.ToString(), address),
        _ => false,
    };

    private static string Describe(RecordLine line) =>
        line.Saw == RecordLine.Circuit ? $"{line.Step ?? Accepted} circuit"
        : line.Value.StartsWith(In, StringComparison.Ordinal) ? "link from it" : "link to it";

    private static bool IsSame(string left, string right) =>
        IPAddress.TryParse(left, out var one) && IPAddress.TryParse(right, out var other)
        && one.MapToIPv6().Equals(other.MapToIPv6());
}
