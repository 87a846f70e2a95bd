namespace Veil.Tools.Testnet.Forwarding;

/// <summary>
/// Lets go of chunks a fixed time after they came. One thread of its own, because the timers of the runtime are 1 to
/// 4 ms late; here it is half a millisecond either way. The delay is one for all, so that one queue in order of arrival
/// is also the order of release; its bound is the sum of the bounds of the directions that feed it.
/// </summary>
internal sealed class Pacer : IDisposable
{
    // The system's waits count whole milliseconds: what is nearer than half of one goes at once.
    private const double ToleranceMilliseconds = 0.5;

    private readonly object _gate = new();
    private readonly Queue<(long Due, DelayedDirection Direction, Chunk Chunk)> _waiting = [];
    private readonly TimeProvider _time;
    private readonly long _delayTicks;
    private readonly Thread _thread;
    private bool _stopped;

    internal Pacer(TimeProvider time, TimeSpan delay)
    {
        _time = time;
        _delayTicks = (long)(delay.TotalSeconds * time.TimestampFrequency);
        _thread = new Thread(Run) { IsBackground = true, Name = "pacer" };
        _thread.Start();
    }

    /// <summary>Hands the chunk to the direction's writer when its time has come.</summary>
    internal void Enqueue(DelayedDirection direction, Chunk chunk)
    {
        lock (_gate)
        {
            _waiting.Enqueue((_time.GetTimestamp() + _delayTicks, direction, chunk));
            if (_waiting.Count == 1)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Stops; chunks that wait are dropped.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            (long Due, DelayedDirection Direction, Chunk Chunk) head;
            lock (_gate)
            {
                if (_stopped)
                {
                    return;
                }

                if (_waiting.Count == 0)
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                head = _waiting.Peek();
                var left = (head.Due - _time.GetTimestamp()) * 1000.0 / _time.TimestampFrequency;
                if (left > ToleranceMilliseconds)
                {
                    Monitor.Wait(_gate, Math.Max(1, (int)left));
                    continue;
                }

                _waiting.Dequeue();
            }

            head.Direction.Release(head.Chunk);
        }
    }
}
