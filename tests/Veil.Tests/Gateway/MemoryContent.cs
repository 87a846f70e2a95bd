using System.Security.Cryptography;
using Veil.Content.Edge;

namespace Veil.Tests.Gateway;

/// <summary>A file in memory that can be made to fail after some bytes.</summary>
internal sealed class MemoryContent(byte[] bytes, string name, string mimeType) : ContentObject
{
    private readonly TaskCompletionSource _disposed = new();

    public override string Name => name;

    public override string MimeType => mimeType;

    public override long Length => bytes.Length;

    public override string EntityTag { get; } = Convert.ToHexStringLower(SHA256.HashData(bytes));

    public Task Disposed => _disposed.Task;

    /// <summary>How often it was told to begin to fetch.</summary>
    public int ReadsAhead { get; private set; }

    /// <summary>How many bytes of a range are written before <see cref="Failure"/> is thrown.</summary>
    public int BytesBeforeFailure { get; init; }

    public Exception? Failure { get; init; }

    /// <summary>What is waited for between those bytes and the failure.</summary>
    public Task Pause { get; init; } = Task.CompletedTask;

    public override void ReadAhead() => ReadsAhead++;

    public override async Task CopyRangeAsync(
        long offset,
        long count,
        Stream destination,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + count, Length);
        var written = Failure is null ? (int)count : Math.Min((int)count, BytesBeforeFailure);
        if (written > 0)
        {
            await destination.WriteAsync(bytes.AsMemory((int)offset, written), cancellationToken);
            await destination.FlushAsync(cancellationToken);
        }

        if (Failure is not null)
        {
            await Pause.WaitAsync(cancellationToken);
            throw Failure;
        }
    }

    public override ValueTask DisposeAsync()
    {
        _disposed.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
