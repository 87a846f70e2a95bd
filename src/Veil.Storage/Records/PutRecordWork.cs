using Veil.Wire.Names;

namespace Veil.Storage.Records;

/// <summary>One record to keep; without one, the folder to open.</summary>
internal sealed class PutRecordWork(NameRecord? record)
{
    /// <summary>What is to be kept; null for the opening.</summary>
    internal NameRecord? Record => record;

    /// <summary>How it ended.</summary>
    internal TaskCompletionSource<RecordOutcome> Done { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first work of a store.</summary>
    internal static PutRecordWork Opening() => new(null);
}
