using Veil.Storage.Threads;

namespace Veil.Storage.State;

/// <summary>
/// One document in a file of its own (spec/state.md, section 4): written beside, flushed, renamed, so that a crash
/// leaves the old one or the new one, whole. A thread of its own waits for the disk.
/// </summary>
public sealed class DocumentFile : IDocumentSlot
{
    // Each caller awaits its one piece of work; a node has one writer for each file.
    private const int QueueCapacity = 16;

    private readonly DedicatedWorkers<Action> _worker;
    private readonly string _path;
    private readonly int _maxBytes;

    /// <summary>The file at <paramref name="path"/>, which need not exist; its folder does.</summary>
    /// <param name="path">Where.</param>
    /// <param name="maxBytes">The longest document, bytes.</param>
    public DocumentFile(string path, int maxBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        (_path, _maxBytes) = (Path.GetFullPath(path), maxBytes);
        _worker = new DedicatedWorkers<Action>(
            "veil-document", new WorkerBounds(Threads: 1, QueueCapacity, MaxBatch: 1), Process);
    }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) =>
        await RunAsync(Read, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> document, CancellationToken cancellationToken)
    {
        if (document.IsEmpty || document.Length > _maxBytes)
        {
            throw new ArgumentException($"a document of {document.Length} bytes: 1 to {_maxBytes}", nameof(document));
        }

        await RunAsync(
            () =>
            {
                DurableFile.Replace(_path, document.Span);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Completes what was asked before. Idempotent.</summary>
    public ValueTask DisposeAsync() => _worker.DisposeAsync();

    private static void Process(IReadOnlyList<Action> batch)
    {
        foreach (var work in batch)
        {
            work();
        }
    }

    private async ValueTask<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _worker.EnqueueAsync(
            () =>
            {
                try
                {
                    done.SetResult(work());
                }
                catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
                {
                    done.SetException(fault as IOException ?? new IOException($"{_path}: access is denied", fault));
                }
            },
            cancellationToken);
        return await done.Task;
    }

    private ReadOnlyMemory<byte> Read()
    {
        if (!File.Exists(_path))
        {
            return default;
        }

        using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        if (file.Length > _maxBytes)
        {
            throw new IOException($"{_path} has {file.Length} bytes: at most {_maxBytes} are read");
        }

        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
