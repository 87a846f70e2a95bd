namespace Veil.Simulation.Network;

/// <summary>Buffers for bytes under way; keeps as many as are worth it, the rest is the collector's.</summary>
internal sealed class SegmentPool(int segmentBytes)
{
    // 16 MiB of 16 KiB segments: what 60 connections at full window have under way.
    private const int Kept = 1024;

    private readonly Stack<byte[]> _free = new();

    internal byte[] Rent() => _free.TryPop(out var buffer) ? buffer : new byte[segmentBytes];

    internal void Return(byte[] buffer)
    {
        if (_free.Count < Kept)
            _free.Push(buffer);
    }
}
