using System.Net;

namespace Veil.Tools.Testnet.Capturing;

/// <summary>Takes all packets of a network namespace until it is told to stop or the namespace is removed.</summary>
internal sealed class NodeCapture(string netns, IPAddress own)
{
    // The longest headers that are looked at: IPv6 with an extension, then TCP.
    private const int StartBytes = 192;
    private const int MostLeft = 4_096;

    private readonly string _path = Path.Combine("/run/netns", netns);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was counted; whole once <see cref="RunAsync"/> has ended.</summary>
    internal TrafficTable Table { get; } = new(own);

    /// <summary>Packets that came faster than they could be counted.</summary>
    internal long Lost { get; private set; }

    /// <summary>Captures on a thread of its own, because a thread is what enters a namespace.</summary>
    /// <param name="onOpen">From here on every packet is counted.</param>
    /// <param name="stopping">Ends it; no exception.</param>
    /// <exception cref="IOException">The namespace cannot be entered, or not be listened to.</exception>
    internal async Task RunAsync(Action onOpen, CancellationToken stopping)
    {
        var thread = new Thread(() => Capture(stopping)) { Name = "capture", IsBackground = true };
        thread.Start();
        await await Task.WhenAny(_opened.Task, _ended.Task);
        onOpen();
        await _ended.Task;
    }

    private void Capture(CancellationToken stopping)
    {
        try
        {
            using var socket = PacketSocket.Open(_path);
            _opened.SetResult();
            while (!stopping.IsCancellationRequested && (TryTake(socket) || File.Exists(_path)))
            {
            }

            // What came before the end was asked for, and no more than that where others go on.
            for (var rest = 0; rest < MostLeft && TryTake(socket); rest++)
            {
            }

            Lost = socket.TakeLost();
            _ended.SetResult();
        }
        catch (IOException fault)
        {
            _ended.SetException(fault);
        }
        catch (UnauthorizedAccessException fault)
        {
            _ended.SetException(fault);
        }
    }

    private bool TryTake(PacketSocket socket)
    {
        Span<byte> start = stackalloc byte[StartBytes];
        if (!socket.TryReceive(start, out var origin, out var length))
        {
            return false;
        }

        Table.Add(origin, start[..Math.Min(length, start.Length)], length);
        return true;
    }
}
