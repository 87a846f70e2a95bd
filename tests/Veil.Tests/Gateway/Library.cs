using System.Buffers.Binary;
using System.Collections.Concurrent;
using Veil.Content.Edge;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Veil.Wire;

namespace Veil.Tests.Gateway;

/// <summary>What can be opened in a test, and what was.</summary>
internal sealed class Library
{
    private readonly ConcurrentDictionary<string, Func<Task<ContentObject>>> _entries = new();

    public ConcurrentQueue<IsolationGroup> Openings { get; } = [];

    public ContentKey Add(int number, ContentObject content) => Add(number, () => Task.FromResult(content));

    public ContentKey Add(int number, Func<Task<ContentObject>> open)
    {
        var key = Key(number);
        _entries[key.Format()] = open;
        return key;
    }

    public Task<ContentObject> OpenAsync(ContentKey key, IsolationGroup group, CancellationToken cancellationToken)
    {
        Openings.Enqueue(group);
        return _entries.TryGetValue(key.Format(), out var open)
            ? open().WaitAsync(cancellationToken)
            : throw new ContentUnavailableException(ContentFault.NotFound, $"no root for {key.Format()}");
    }

    /// <summary>A key like any other; equal numbers give equal keys.</summary>
    public static ContentKey Key(int number)
    {
        Bytes32 secret = default;
        BinaryPrimitives.WriteInt32BigEndian(secret, number);
        return new ContentKey(new ReadCapability(ErisLayout.BlockBytes, 0, new BlockRef(secret), secret));
    }
}
