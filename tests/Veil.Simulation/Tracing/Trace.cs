using System.Buffers.Binary;
using System.Text;
using Geralt;
using Veil.Simulation.Kernel;

namespace Veil.Simulation.Tracing;

/// <summary>
/// What has happened, in order, as a running hash: two runs with one hash did the same. Events, sizes and decisions go
/// in; secrets and ciphertext never do, because key encapsulation draws on the operating system and would make every
/// run different (spec/simulation.md, section 5).
/// </summary>
public sealed class Trace
{
    /// <summary>How many of the last events are kept for the report of a failure.</summary>
    public const int TailCapacity = 64;

    private const int HashBytes = 32;
    private const int BufferBytes = 4096;
    private const int NumbersBytes = (3 * sizeof(long)) + (2 * sizeof(int));

    private readonly SimulationKernel _kernel;
    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly TraceEvent[] _tail = new TraceEvent[TailCapacity];

    // The chain's last link, then what has not been hashed yet.
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _used = HashBytes;

    internal Trace(SimulationKernel kernel) => _kernel = kernel;

    /// <summary>Events recorded so far.</summary>
    public long Count { get; private set; }

    /// <summary>Called with every event, to write a full trace and find where two runs part. Null by default.</summary>
    public Action<TraceEvent>? Listener { get; set; }

    /// <summary>Adds one event at the present virtual time.</summary>
    /// <param name="node">Where.</param>
    /// <param name="kind">What; a handful of fixed words.</param>
    /// <param name="a">A first number.</param>
    /// <param name="b">A second number.</param>
    public void Record(string node, string kind, long a = 0, long b = 0)
    {
        _kernel.RequireLoopThread();
        var nodeWord = WordOf(node);
        var kindWord = WordOf(kind);
        var destination = Reserve(NumbersBytes);
        BinaryPrimitives.WriteInt64LittleEndian(destination, _kernel.Elapsed.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], a);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], b);
        BinaryPrimitives.WriteInt32LittleEndian(destination[24..], nodeWord);
        BinaryPrimitives.WriteInt32LittleEndian(destination[28..], kindWord);
        var happened = new TraceEvent(_kernel.Elapsed, node, kind, a, b);
        _tail[(int)(Count % TailCapacity)] = happened;
        Count++;
        Listener?.Invoke(happened);
    }

    /// <summary>The hash of everything so far, 64 hex digits. Reading it changes nothing.</summary>
    public string ToHex()
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        BLAKE2b.ComputeHash(hash, _buffer.AsSpan(0, _used));
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>The last events, oldest first.</summary>
    public IReadOnlyList<TraceEvent> Tail()
    {
        var count = (int)Math.Min(Count, TailCapacity);
        var tail = new TraceEvent[count];
        for (var index = 0; index < count; index++)
            tail[index] = _tail[(int)((Count - count + index) % TailCapacity)];
        return tail;
    }

    /// <summary>A word is hashed in full when it first comes, and is its number from then on.</summary>
    private int WordOf(string word)
    {
        if (_words.TryGetValue(word, out var number))
            return number;
        number = _words.Count;
        _words.Add(word, number);
        Span<byte> hash = stackalloc byte[HashBytes];
        BLAKE2b.ComputeHash(hash, Encoding.UTF8.GetBytes(word));
        hash.CopyTo(Reserve(HashBytes));
        return number;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_used + bytes > BufferBytes)
        {
            Span<byte> link = stackalloc byte[HashBytes];
            BLAKE2b.ComputeHash(link, _buffer.AsSpan(0, _used));
            link.CopyTo(_buffer);
            _used = HashBytes;
        }
        var reserved = _buffer.AsSpan(_used, bytes);
        _used += bytes;
        return reserved;
    }
}
