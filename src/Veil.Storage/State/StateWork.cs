using LiteDB;

namespace Veil.Storage.State;

/// <summary>One piece of work for the thread that owns the database.</summary>
internal abstract class StateWork
{
    /// <summary>Whether it writes.</summary>
    public abstract bool IsChange { get; }

    /// <summary>Carries it out within the open transaction; the result waits for <see cref="Complete"/>.</summary>
    public abstract void Run(LiteDatabase database);

    /// <summary>Ends it: what it did is durable.</summary>
    public abstract void Complete();

    /// <summary>Ends it with an exception.</summary>
    public abstract void Fail(Exception exception);
}
