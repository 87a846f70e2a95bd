namespace Veil.Storage.Segments;

/// <summary>One piece of work for the reader threads.</summary>
internal abstract class ReadWork
{
    /// <summary>Does it and answers; never throws.</summary>
    public abstract void Run();
}
