namespace Veil.Storage.Segments;

/// <summary>What one step of compaction did (spec/store.md, section 10).</summary>
/// <param name="CopiedBytes">Of blocks that were written anew.</param>
/// <param name="FreedBytes">By how much the files became smaller; negative where a new segment was begun.</param>
/// <param name="HasMore">Whether another step may find something to do.</param>
public readonly record struct CompactionStep(long CopiedBytes, long FreedBytes, bool HasMore);
