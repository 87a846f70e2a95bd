using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Veil.Node.Exits;

/// <summary>
/// By which targets an exit is taken (spec/exit.md, section 3): rules in order, the first that fits decides, what fits
/// none is rejected. Immutable.
/// </summary>
public sealed class ExitPolicy
{
    /// <summary>Rules at most: each is looked at for each connection.</summary>
    public const int MaxRules = 256;

    private readonly Rule[] _rules;

    private ExitPolicy(Rule[] rules) => _rules = rules;

    /// <summary>Takes nothing.</summary>
    public static ExitPolicy Empty { get; } = new([]);

    /// <summary>Whether it takes anything at all.</summary>
    public bool IsOpen => Array.Exists(_rules, rule => rule.Accept);

    /// <summary>Reads rules with commas between.</summary>
    /// <param name="text">Like <c>reject *:25, accept *:*</c>.</param>
    /// <param name="policy">The policy when it can be read.</param>
    /// <param name="error">What is wrong, for a person.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out ExitPolicy? policy, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        policy = null;
        var words = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > MaxRules)
        {
            error = $"{words.Length} rules are more than {MaxRules}";
            return false;
        }

        var rules = new Rule[words.Length];
        foreach (var (index, word) in words.Index())
        {
            if (!Rule.TryParse(word, out rules[index]))
            {
                error = $"\"{word}\" is no rule: write it like accept *:443, reject 192.0.2.0/24:*, "
                    + "accept [2001:db8::]/32:8000-8080";
                return false;
            }
        }

        policy = rules.Length == 0 ? Empty : new ExitPolicy(rules);
        error = null;
        return true;
    }

    /// <summary>Whether a connection may be made.</summary>
    public bool Takes(IPAddress address, ushort port)
    {
        ArgumentNullException.ThrowIfNull(address);
        foreach (ref readonly var rule in _rules.AsSpan())
        {
            if (rule.Fits(address, port))
            {
                return rule.Accept;
            }
        }

        return false;
    }

    /// <summary>Whether there is any address with this port that it takes: no name is looked up for nothing.</summary>
    public bool MayTake(ushort port) => Array.Exists(_rules, rule => rule.Accept && rule.HasPort(port));

    private readonly record struct Rule(bool Accept, IPNetwork? Network, ushort First, ushort Last)
    {
        internal bool HasPort(ushort port) => First <= port && port <= Last;

        internal bool Fits(IPAddress address, ushort port) =>
            HasPort(port) && (Network is not { } network || network.Contains(address));

        internal static bool TryParse(string text, out Rule rule)
        {
            rule = default;
            return text.Split(' ', 2, StringSplitOptions.TrimEntries) is [var verdict, var where]
                && verdict is "accept" or "reject"
                && where.LastIndexOf(':') is > 0 and var colon
                && TryReadAddress(where[..colon], out var network)
                && TryReadPorts(where[(colon + 1)..], out var first, out var last)
                && (rule = new Rule(verdict == "accept", network, first, last)) is { Last: > 0 };
        }

        private static bool TryReadAddress(string text, out IPNetwork? network)
        {
            network = null;
            if (text == "*")
            {
                return true;
            }

            var slash = text.IndexOf('/');
            var address = slash < 0 ? text : text[..slash];
            var isIPv6 = address.StartsWith('[') && address.EndsWith(']');
            var bits = isIPv6 ? 128 : 32;
            if (!IPAddress.TryParse(isIPv6 ? address[1..^1] : address, out var parsed)
                || parsed.GetAddressBytes().Length * 8 != bits
                || (slash >= 0 && !IsNumber(text[(slash + 1)..], bits, out bits)))
            {
                return false;
            }

            // Bits after the prefix are a mistake: the rule would mean something else than it looks like.
            return IPNetwork.TryParse($"{parsed}/{bits}", out var read) && read.BaseAddress.Equals(parsed)
                && (network = read) is not null;
        }

        private static bool TryReadPorts(string text, out ushort first, out ushort last)
        {
            (first, last) = (1, ushort.MaxValue);
            if (text == "*")
            {
                return true;
            }

            var dash = text.IndexOf('-');
            if (!IsNumber(dash < 0 ? text : text[..dash], ushort.MaxValue, out var low)
                || !IsNumber(dash < 0 ? text : text[(dash + 1)..], ushort.MaxValue, out var high)
                || low == 0 || high < low)
            {
                return false;
            }

            (first, last) = ((ushort)low, (ushort)high);
            return true;
        }

        private static bool IsNumber(string text, int most, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;
    }
}
