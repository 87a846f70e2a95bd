using System.Collections.Immutable;
using System.Diagnostics;

namespace Veil.Noise.Patterns;

/// <summary>
/// A handshake pattern as data: which static keys are known before, and the tokens of each message. The initiator
/// writes the even messages, the responder the odd ones.
/// </summary>
internal sealed class HandshakePattern
{
    private HandshakePattern(string name, bool initiatorKnown, bool responderKnown,
        ImmutableArray<ImmutableArray<HandshakeToken>> messages)
    {
        Name = name;
        InitiatorStaticKnown = initiatorKnown;
        ResponderStaticKnown = responderKnown;
        Messages = messages;
        InitiatorNeedsStatic = initiatorKnown || SendsStatic(messages, 0);
        ResponderNeedsStatic = responderKnown || SendsStatic(messages, 1);
        IsHybrid = messages.Any(message => message.Contains(HandshakeToken.E1));
    }

    /// <summary>The name in a protocol's name.</summary>
    internal string Name { get; }

    /// <summary>Pre-message "-> s".</summary>
    internal bool InitiatorStaticKnown { get; }

    /// <summary>Pre-message "&lt;- s".</summary>
    internal bool ResponderStaticKnown { get; }

    /// <summary>Whether the initiator has a static key at all.</summary>
    internal bool InitiatorNeedsStatic { get; }

    /// <summary>Whether the responder has a static key at all.</summary>
    internal bool ResponderNeedsStatic { get; }

    /// <summary>Whether ML-KEM-768 takes part.</summary>
    internal bool IsHybrid { get; }

    /// <summary>The tokens of each message.</summary>
    internal ImmutableArray<ImmutableArray<HandshakeToken>> Messages { get; }

    /// <summary>
    /// Reads a pattern in the notation of the Noise specification on one line: an optional pre-message part that ends
    /// in "...", then messages apart by "/". Patterns come from this program alone, so anything else throws.
    /// </summary>
    /// <exception cref="FormatException">The text is not a pattern.</exception>
    internal static HandshakePattern Parse(string name, string notation)
    {
        string[] parts = notation.Split("...", StringSplitOptions.TrimEntries);
        string pre = parts.Length == 2 ? parts[0] : string.Empty;
        bool initiatorKnown = pre.Contains("-> s", StringComparison.Ordinal);
        bool responderKnown = pre.Contains("<- s", StringComparison.Ordinal);
        ImmutableArray<ImmutableArray<HandshakeToken>>.Builder messages =
            ImmutableArray.CreateBuilder<ImmutableArray<HandshakeToken>>();
        foreach (string message in parts[^1].Split('/', StringSplitOptions.TrimEntries))
        {
            string arrow = messages.Count % 2 == 0 ? "-> " : "<- ";
            if (!message.StartsWith(arrow, StringComparison.Ordinal))
                throw new FormatException($"Message {messages.Count} of {name} does not go {arrow}");
            messages.Add([.. message[arrow.Length..].Split(',', StringSplitOptions.TrimEntries).Select(ParseToken)]);
        }

        Debug.Assert(messages.Count > 0, "splitting gives at least one part");
        return new HandshakePattern(name, initiatorKnown, responderKnown, messages.ToImmutable());
    }

    private static HandshakeToken ParseToken(string token) => token switch
    {
        "e" => HandshakeToken.E,
        "s" => HandshakeToken.S,
        "ee" => HandshakeToken.EE,
        "es" => HandshakeToken.ES,
        "se" => HandshakeToken.SE,
        "ss" => HandshakeToken.SS,
        "e1" => HandshakeToken.E1,
        "ekem1" => HandshakeToken.Ekem1,
        _ => throw new FormatException($"No such token: {token}"),
    };

    private static bool SendsStatic(ImmutableArray<ImmutableArray<HandshakeToken>> messages, int first)
    {
        for (int i = first; i < messages.Length; i += 2)
        {
            if (messages[i].Contains(HandshakeToken.S))
                return true;
        }

        return false;
    }
}
