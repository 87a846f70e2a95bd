using Veil.Bench.Streams;
using Veil.Node.Measure;
using Veil.Noise;

namespace Veil.Bench;

/// <summary>
/// The least that a relay can do: reads, opens and seals one AEGIS-256 layer for each 2 KiB, and writes in batches of
/// 64 KiB, with synchronous sockets, in one thread. It stands between <see cref="SendSealed"/> and the receiving half
/// of a <see cref="RawCopy"/>; all agree on the number of bytes, and what comes first only warms up.
/// </summary>
internal sealed class FloorRelay : IDisposable
{
    private const int CellBytes = 2048;

    private readonly PlainSocket _listener = PlainSocket.Listen();

    /// <summary>Where the sender must connect to.</summary>
    internal int Port => _listener.Port;

    /// <summary>Takes one connection and relays it to a port of this machine.</summary>
    /// <exception cref="IOException">A layer does not open, or a neighbour ended early.</exception>
    internal RawCopyResult Run(int target, long bytes, TimeProvider clock)
    {
        using var source = _listener.Accept();
        using var sink = PlainSocket.Connect(target);
        using var slab = new KeySlab(2);
        using var opener = Cipher(slab, 1);
        using var sealer = Cipher(slab, 2);
        return Measure(bytes, clock, buffer =>
        {
            source.ReceiveAll(buffer);
            for (int start = 0; start < buffer.Length; start += CellBytes)
            {
                var cell = buffer.AsSpan(start, CellBytes);
                var plaintext = cell[..^CounterCipher.TagLength];
                if (!opener.TryOpen(plaintext, cell, []))
                {
                    throw new IOException("a layer does not open");
                }

                sealer.Seal(cell, plaintext, []);
            }

            sink.SendAll(buffer);
        });
    }

    /// <summary>Sends cells that the relay can open.</summary>
    internal static RawCopyResult SendSealed(int port, long bytes, TimeProvider clock)
    {
        using var socket = PlainSocket.Connect(port);
        using var slab = new KeySlab(1);
        using var sealer = Cipher(slab, 1);
        return Measure(bytes, clock, buffer =>
        {
            for (int start = 0; start < buffer.Length; start += CellBytes)
            {
                var cell = buffer.AsSpan(start, CellBytes);
                sealer.Seal(cell, cell[..^CounterCipher.TagLength], []);
            }

            socket.SendAll(buffer);
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static RawCopyResult Measure(long bytes, TimeProvider clock, Action<byte[]> pass)
    {
        var buffer = new byte[RawCopy.BufferBytes];
        for (long done = 0; done < RawCopy.WarmUpBytes; done += buffer.Length)
        {
            pass(buffer);
        }

        var processor = Environment.CpuUsage.TotalTime;
        long start = clock.GetTimestamp();
        for (long done = 0; done < bytes; done += buffer.Length)
        {
            pass(buffer);
        }

        return new RawCopyResult(bytes, clock.GetElapsedTime(start), Environment.CpuUsage.TotalTime - processor);
    }

    // Any key does: nothing here is anybody's.
    private static CounterCipher Cipher(KeySlab slab, byte key)
    {
        var bytes = new byte[CounterCipher.KeyLength];
        bytes.AsSpan().Fill(key);
        return new CounterCipher(bytes, slab);
    }
}
