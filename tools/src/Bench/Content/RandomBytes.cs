using Veil.Wire.Seams;

namespace Veil.Bench.Content;

/// <summary>Bytes that no two samples share, without a copy of them in memory.</summary>
internal sealed class RandomBytes(long length)
{
    private readonly SystemDecisionSource _source = new();
    private long _given;

    internal long Length => length;

    internal ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        int count = (int)Math.Min(destination.Length, length - _given);
        _source.Fill(destination.Span[..count]);
        _given += count;
        return ValueTask.FromResult(count);
    }
}
