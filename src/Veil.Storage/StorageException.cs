namespace Veil.Storage;

/// <summary>
/// A data folder or file cannot be used, or the disk under it failed; the message says what to do. Nothing that was
/// acknowledged before is lost by it.
/// </summary>
public sealed class StorageException : IOException
{
    /// <summary>With what a person can do about it.</summary>
    public StorageException(StorageFault fault, string message, Exception? inner = null)
        : base(message, inner)
    {
        Fault = fault;
    }

    /// <summary>What is wrong.</summary>
    public StorageFault Fault { get; }
}

/// <summary>Why a data folder or file cannot be used.</summary>
public enum StorageFault
{
    /// <summary>Another process, or another part of this one, has it open.</summary>
    InUse,

    /// <summary>It was not written by Veil, or it is damaged.</summary>
    Unreadable,

    /// <summary>A newer Veil wrote it.</summary>
    NewerVersion,

    /// <summary>The folder or its disk may not be written: no permission, or mounted read-only.</summary>
    NotWritable,

    /// <summary>The disk is full, or as full as the reserve lets it become (spec/store.md, section 4).</summary>
    DiskFull,

    /// <summary>The store's own quota is used up.</summary>
    QuotaReached,

    /// <summary>The disk failed in another way.</summary>
    DiskFailed,
}
