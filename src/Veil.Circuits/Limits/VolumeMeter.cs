namespace Veil.Circuits.Limits;

/// <summary>Counts the bytes of records on the relay's links, both ways, since the node started. Any thread.</summary>
public sealed class VolumeMeter
{
    private long _read;
    private long _written;

    /// <summary>Bytes that came in.</summary>
    public long Read => Interlocked.Read(ref _read);

    /// <summary>Bytes that went out.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Both.</summary>
    public long Total => Read + Written;

    internal void AddRead(int bytes) => Interlocked.Add(ref _read, bytes);

    internal void AddWritten(int bytes) => Interlocked.Add(ref _written, bytes);
}
