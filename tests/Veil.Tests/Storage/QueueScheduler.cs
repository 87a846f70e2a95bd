using System.IO.Pipelines;

namespace Veil.Tests.Storage;

/// <summary>Runs tasks on the thread that asks for it, one after the other, and nowhere else.</summary>
internal sealed class QueueScheduler : TaskScheduler
{
    private readonly Queue<Task> _queue = [];

    /// <summary>Pipes whose continuations go to the scheduler that waits for them.</summary>
    public static PipeOptions PipeOptions { get; } = new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        useSynchronizationContext: false);

    public Task<T> Start<T>(Func<Task<T>> work) => Task.Factory
        .StartNew(work, CancellationToken.None, TaskCreationOptions.None, this)
        .Unwrap();

    public void RunUntilIdle()
    {
        while (_queue.TryDequeue(out var task))
        {
            TryExecuteTask(task);
        }
    }

    protected override void QueueTask(Task task)
    {
        lock (_queue)
        {
            _queue.Enqueue(task);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _queue;
}
