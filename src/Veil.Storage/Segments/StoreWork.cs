namespace Veil.Storage.Segments;

/// <summary>One piece of work for the writer thread.</summary>
internal abstract class StoreWork
{
    /// <summary>Ends it with an exception, unless it has ended.</summary>
    public abstract void Fail(Exception exception);
}
