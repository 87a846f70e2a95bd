namespace Veil.Storage;

/// <summary>A data folder or file cannot be used; the message says what to do. Nothing in it was changed.</summary>
public sealed class StorageException : Exception
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
}
