using LiteDB;

namespace Veil.Storage.State;

/// <summary>One piece of work for the thread that owns the database.</summary>
internal abstract class StateWork
{
    /// <summary>Carries it out within the open transaction; the result waits for <see cref="Complete"/>.</summary>
    public abstract void Run(LiteDatabase database);

    /// <summary>Ends it: what it did is durable.</summary>
    public abstract void Complete();

    /// <summary>Ends it with an exception.</summary>
    public abstract void Fail(Exception exception);
}

/// <summary>A piece of work with a result.</summary>
internal sealed class StateWork<TResult>(Func<LiteDatabase, TResult> work) : StateWork
{
    private readonly TaskCompletionSource<TResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TResult? _result;

    public Task<TResult> Done => _done.Task;

    public override void Run(LiteDatabase database) => _result = work(database);

    public override void Complete() => _done.TrySetResult(_result!);

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}
