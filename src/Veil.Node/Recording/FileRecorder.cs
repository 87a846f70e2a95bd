using System.Net;
using System.Text.Json;
using Veil.Content.Keys;
using Veil.Node.Observing;
using Veil.Wire;

namespace Veil.Node.Recording;

/// <summary>
/// Writes what a node of a lab network sees, one JSON object a line (spec/operating.md, section 5). Each line is with
/// the system before the call returns, so that a node that is killed leaves all of it. Any thread.
/// </summary>
internal sealed class FileRecorder : INodeObserver, IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream _file;
    private readonly string _node;
    private readonly TimeProvider _time;

    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    internal FileRecorder(string path, string node, TimeProvider time)
    {
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        _node = node;
        _time = time;
    }

    /// <inheritdoc/>
    public void SawAddress(EndPoint? address, bool incoming, PeerKind kind)
    {
        if (address is IPEndPoint endPoint)
        {
            Write(Line("address", $"{(incoming ? "in" : "out")} {endPoint.Address}") with
            {
                As = kind == PeerKind.Unknown ? null : kind.ToString().ToLowerInvariant(),
            });
        }
    }

    /// <inheritdoc/>
    public void SawKey(ContentKey key) => Write(Line("key", key.Format()));

    /// <inheritdoc/>
    public void SawPlaintext(long bytes) => Write(Line("plaintext", $"{bytes}"));

    /// <inheritdoc/>
    public void SawBlock(BlockRef reference, bool stored, string? circuit) =>
        Write(Line("block", $"{(stored ? "stored" : "served")} {reference.Value}"));

    /// <inheritdoc/>
    public void SawCircuit(ObservedCircuit circuit) => Write(Line("circuit", circuit.Value) with
    {
        Step = circuit.Step,
        Link = circuit.Link,
        From = circuit.From,
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _file.Dispose();
        }
    }

    private RecordedLine Line(string saw, string value) =>
        new(_time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, _node, saw, value);

    private void Write(RecordedLine recorded)
    {
        byte[] line =
        [
            .. JsonSerializer.SerializeToUtf8Bytes(recorded, RecordedLineJson.Default.RecordedLine), (byte)'\n',
        ];
        lock (_lock)
        {
            if (_file.CanWrite)
            {
                _file.Write(line);
            }
        }
    }
}
