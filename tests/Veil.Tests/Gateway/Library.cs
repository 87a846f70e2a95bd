using System.Collections.Concurrent;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Xunit;

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
        var digits = "abcdefghijklmnopqrstuvwxyz234567";
        var text = "veil:" + new string('a', 110) + digits[number / 32] + digits[number % 32];
        Assert.True(ContentKey.TryParse(text, out var key, out _));
        return key;
    }
}
