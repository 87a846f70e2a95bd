using LiteDB;

namespace Veil.Storage.State;

/// <summary>A piece of work with a result.</summary>
internal sealed class StateWork<TResult>(Func<LiteDatabase, TResult> work, bool isChange) : StateWork
{
    private readonly TaskCompletionSource<TResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TResult? _result;

    public override bool IsChange => isChange;

    public Task<TResult> Done => _done.Task;

    public override void Run(LiteDatabase database) => _result = work(database);

    public override void Complete() => _done.TrySetResult(_result!);

    public override void Fail(Exception exception) => _done.TrySetException(exception);
}
