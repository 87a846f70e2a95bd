namespace Veil.Node.Control;

/// <summary>A request that failed (spec/control.md, section 3).</summary>
public sealed record ErrorAnswer(ControlError Error);

/// <summary>A request about one content key.</summary>
/// <param name="Key">As <c>veil:</c> and 112 characters, or a link to it.</param>
public sealed record KeyRequest(string? Key);

/// <summary>A request for a part of content, or for the list of it.</summary>
/// <param name="Key">As in <see cref="KeyRequest"/>.</param>
/// <param name="Paths">Of a folder: files, and folders whose files are meant; all where there is none.</param>
/// <param name="Offset">Bytes to leave out at the beginning; only of get.</param>
/// <param name="OnlyFile">Refuse what is not one file; only of get.</param>
/// <param name="Range">Only these bytes, see <see cref="ContentRange"/>; only of get.</param>
public sealed record ContentRequest(
    string? Key,
    IReadOnlyList<string>? Paths = null,
    long Offset = 0,
    bool OnlyFile = false,
    string? Range = null);

/// <summary>What a key or name stands for.</summary>
/// <param name="Key">The content key, also where a name was given: with it the same is had again.</param>
/// <param name="Name">As its publisher named it; one harmless path component.</param>
/// <param name="Kind"><c>file</c> or <c>folder</c>.</param>
/// <param name="Bytes">Of the file, or of all files that are listed.</param>
/// <param name="Digest">Entity digest of exactly these bytes for a file; for a folder it changes when any of them
/// does.</param>
/// <param name="Files">Of a folder: in the order in which their bytes come. Null for a file.</param>
public sealed record ContentListing(
    string Key,
    string Name,
    string Kind,
    long Bytes,
    string Digest,
    IReadOnlyList<ListedFile>? Files)
{
    /// <summary>SPDX expression, as the publisher says; null where nothing is said.</summary>
    public string? Licence { get; init; }

    /// <summary>One line, as the publisher says.</summary>
    public string? RightsHolder { get; init; }

    /// <summary>Content key of the version before.</summary>
    public string? Previous { get; init; }

    /// <summary>Address of the name whose key signed it. The signature holds; who has that key, it does not
    /// say.</summary>
    public string? SignedBy { get; init; }
}

/// <summary>A file of a folder, or an empty folder in it.</summary>
/// <param name="Path">Relative, harmless; an empty folder's ends with <c>/</c>.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Digest">Entity digest of its bytes.</param>
public sealed record ListedFile(string Path, long Bytes, string Digest);

/// <summary>Where a browser that goes through Veil finds the content.</summary>
public sealed record OpenAnswer(string Url);

/// <summary>One line of the answer to add (spec/control.md, section 2): exactly one member is there.</summary>
public sealed record AddLine
{
    /// <summary>How far it is.</summary>
    public AddProgress? Progress { get; init; }

    /// <summary>A manifest to sign, in base64.</summary>
    public string? Sign { get; init; }

    /// <summary>The last line, when it was published.</summary>
    public AddResult? Result { get; init; }

    /// <summary>The last line, when it was not.</summary>
    public ControlError? Error { get; init; }
}

/// <summary>How far a publication is.</summary>
/// <param name="BytesRead">Of the file.</param>
/// <param name="Bytes">Of the file.</param>
/// <param name="SharesAcked">Shares and copies that a store has on disk.</param>
/// <param name="Shares">Shares and copies there will be.</param>
public sealed record AddProgress(long BytesRead, long Bytes, long SharesAcked, long Shares);

/// <summary>What was published.</summary>
/// <param name="Key">Reads it: secret.</param>
/// <param name="Name">As readers will see it.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Blocks">Blocks of data, stripe map and manifest.</param>
/// <param name="Shares">Shares and copies.</param>
/// <param name="SharesAcked">Those that a store has on disk.</param>
/// <param name="Seconds">From the request to the last acknowledgement.</param>
/// <param name="StoresMayBeLost">Whole stores, whichever, without which everything is still there.</param>
/// <param name="Id">Names it on this machine; null when it could not be remembered.</param>
public sealed record AddResult(
    string Key,
    string Name,
    long Bytes,
    long Blocks,
    long Shares,
    long SharesAcked,
    double Seconds,
    int StoresMayBeLost,
    string? Id);

/// <summary>What this node has published and remembers.</summary>
public sealed record PublicationList(IReadOnlyList<PublicationDocument> Publications);

/// <summary>One publication.</summary>
/// <param name="Id">Names it on this machine only.</param>
/// <param name="Name">File name.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Key">Reads it: secret.</param>
/// <param name="PublishedAt">When.</param>
public sealed record PublicationDocument(string Id, string Name, long Bytes, string Key, DateTimeOffset PublishedAt);

/// <summary>Which publication to forget.</summary>
/// <param name="Publication">Its local id or its key.</param>
public sealed record ForgetRequest(string? Publication);

/// <summary>What was forgotten.</summary>
/// <param name="Id">Its local id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Note">What forgetting does not do, for a person.</param>
public sealed record ForgetAnswer(string Id, string Name, long Bytes, string Note);

/// <summary>The settings that hold now.</summary>
public sealed record SettingList(IReadOnlyDictionary<string, string> Settings);

/// <summary>A setting to change.</summary>
/// <param name="Name"><c>Section:Key</c>.</param>
/// <param name="Value">As in <c>veil.json</c>.</param>
public sealed record SettingRequest(string? Name, string? Value);

/// <summary>A setting that was changed.</summary>
/// <param name="Name"><c>Section:Key</c>.</param>
/// <param name="Value">As it is written now.</param>
/// <param name="AfterRestart">Whether it holds only from the next start.</param>
public sealed record SettingAnswer(string Name, string Value, bool AfterRestart);

/// <summary>Content is denied at this node from now on.</summary>
/// <param name="Added">False when it was before.</param>
public sealed record DenyAnswer(bool Added);
