namespace Veil.Storage.Records;

/// <summary>Where records of names are kept, and how many (spec/store.md, section 9).</summary>
public sealed record RecordStoreOptions
{
    /// <summary>A folder of its own, made if missing; the data folder around it belongs to this process.</summary>
    public required string Folder { get; init; }

    /// <summary>Names of one day: with 33 days that live, some 37 MB of memory and 75 of disk at most.</summary>
    public int MaxPerDay { get; init; } = 2048;
}
