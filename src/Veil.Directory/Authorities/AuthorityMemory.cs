namespace Veil.Directory.Authorities;

/// <summary>What an authority finds of its earlier runs (spec/directory.md, section 7). Verified like any
/// other.</summary>
public sealed record AuthorityMemory
{
    /// <summary>The last consensus; empty for none.</summary>
    public ReadOnlyMemory<byte> Consensus { get; init; }

    /// <summary>The envelope of the last vote that was sent or was to be sent; empty for none.</summary>
    public ReadOnlyMemory<byte> Vote { get; init; }

    /// <summary>Whether there was a vote that could not be read: the present round may have one already.</summary>
    public bool VoteUnreadable { get; init; }
}
