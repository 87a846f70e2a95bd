namespace Veil.Directory.Authorities;

/// <summary>What an authority wants done (spec/directory.md, section 7).</summary>
public enum AuthorityAction
{
    /// <summary>Persist the bytes, then send them as a VOTE (spec/state.md, section 4).</summary>
    SendVote,

    /// <summary>Send the bytes as a SIGNATURE.</summary>
    SendSignature,

    /// <summary>The bytes are a new consensus: persist and serve it.</summary>
    Publish,

    /// <summary>Ask the other authorities for a consensus and offer what they answer; no bytes.</summary>
    FetchConsensus,
}

/// <summary>One thing to be done by whoever drives the authority.</summary>
/// <param name="Action">What.</param>
/// <param name="Bytes">The document, if the action has one.</param>
public sealed record AuthorityOutput(AuthorityAction Action, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The index of the only authority to send to, or of the first one to ask; null for every other.</summary>
    public int? To { get; init; }

    /// <summary>When sending has lost its sense: what was not accepted is sent again until then.</summary>
    public DateTimeOffset Until { get; init; }
}
