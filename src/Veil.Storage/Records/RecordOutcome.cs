namespace Veil.Storage.Records;

/// <summary>How a PUT_RECORD ended (spec/store.md, section 9).</summary>
public enum RecordOutcome
{
    /// <summary>The record is on disk, now or before.</summary>
    Stored,

    /// <summary>Nothing was written: a later one is here, or two others of this sequence number.</summary>
    Outdated,

    /// <summary>Nothing was written: its day is over or too far ahead.</summary>
    WrongDay,

    /// <summary>Nothing was written: the day has as many records as allowed, or the disk is full.</summary>
    Full,

    /// <summary>Nothing was written: the disk failed.</summary>
    Failed,
}
