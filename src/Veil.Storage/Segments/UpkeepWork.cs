namespace Veil.Storage.Segments;

/// <summary>A small piece of upkeep, done by the writer thread between two batches.</summary>
internal abstract class UpkeepWork : StoreWork
{
    /// <summary>Does it and answers; never throws.</summary>
    public abstract void Run();
}
