using Veil.Node.Control;
using Veil.Wire.Seams;

namespace Veil.Bench.Content;

/// <summary>Bytes that no two samples share, without a copy of them in memory.</summary>
internal sealed class RandomBytes(long length)
{
    private readonly SystemDecisionSource _source = new();
    private long _given;

    /// <summary>Publishes a file of so many of them.</summary>
    /// <exception cref="ControlException">The node refuses, or it failed.</exception>
    internal static Task<AddResult> PublishAsync(ControlClient client, string name, long length) =>
        client.AddAsync(
            new AddFile(name, length, new RandomBytes(length).ReadAsync), null, CancellationToken.None);

    private ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        int count = (int)Math.Min(destination.Length, length - _given);
        _source.Fill(destination.Span[..count]);
        _given += count;
        return ValueTask.FromResult(count);
    }
}
