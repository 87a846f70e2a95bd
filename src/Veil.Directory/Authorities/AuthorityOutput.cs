namespace Veil.Directory.Authorities;

/// <summary>What an authority wants done (spec/directory.md, section 7).</summary>
public enum AuthorityAction
{
    /// <summary>Send the bytes as a VOTE to every other authority.</summary>
    SendVote,

    /// <summary>Send the bytes as a SIGNATURE to every other authority.</summary>
    SendSignature,

    /// <summary>The bytes are a new consensus: persist and serve it.</summary>
    Publish,

    /// <summary>Ask the other authorities for a consensus and offer what they answer; no bytes.</summary>
    FetchConsensus,
}

/// <summary>One thing to be done by whoever drives the authority.</summary>
public sealed record AuthorityOutput(AuthorityAction Action, ReadOnlyMemory<byte> Bytes);
