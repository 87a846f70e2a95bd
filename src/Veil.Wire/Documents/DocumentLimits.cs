namespace Veil.Wire.Documents;

/// <summary>
/// Sizes and counts that bound every directory document (spec/directory.md, sections 1 to 8). A reader checks them
/// before it buffers, hashes or parses.
/// </summary>
public static class DocumentLimits
{
    /// <summary>Bytes of a network file: 16 authorities need about 4 KiB.</summary>
    public const int MaxNetworkFileBytes = 64 * 1024;

    /// <summary>Authorities of one network: an index fits a byte, and each vote goes to each other authority.</summary>
    public const int MaxAuthorities = 16;

    /// <summary>Characters of a network's or authority's name.</summary>
    public const int MaxNameLength = 64;

    /// <summary>Bytes of a signed descriptor; usual ones have about 330.</summary>
    public const int MaxDescriptorBytes = 4096;

    /// <summary>Addresses of one descriptor; the first is the one that the consensus lists.</summary>
    public const int MaxAddresses = 4;

    /// <summary>Protocol versions that one relay speaks.</summary>
    public const int MaxVersions = 8;

    /// <summary>The largest bandwidth weight that a relay may claim, in KiB/s (4 GiB/s).</summary>
    public const uint MaxWeight = 4 * 1024 * 1024;

    /// <summary>Relays of one consensus: 10,000 leaves are 2.1 MB. Larger networks extend by index.</summary>
    public const int MaxRelays = 10_000;

    /// <summary>Bytes of a consensus header.</summary>
    public const int MaxHeaderBytes = 8 * 1024;

    /// <summary>Bytes of a whole consensus: header, signatures and <see cref="MaxRelays"/> leaves.</summary>
    public const int MaxConsensusBytes = 4 * 1024 * 1024;

    /// <summary>Parameters of one consensus.</summary>
    public const int MaxParameters = 64;

    /// <summary>Characters of a parameter's name.</summary>
    public const int MaxParameterNameLength = 32;

    /// <summary>Bytes of a signed vote: 10,000 usual descriptors are 3.5 MB.</summary>
    public const int MaxVoteBytes = 16 * 1024 * 1024;

    /// <summary>Epochs that a consensus stays valid: two failed votes are survived.</summary>
    public const int ValidEpochs = 3;
}
