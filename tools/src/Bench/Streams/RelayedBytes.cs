using Veil.Node.Status;

namespace Veil.Bench.Streams;

/// <summary>What a relay reads and writes on its links from a moment on, by its own status.</summary>
internal sealed class RelayedBytes
{
    /// <summary>The setting that bounds it.</summary>
    internal const string RateSetting = "Limits:Rate";

    private const double MiB = 1 << 20;

    private readonly LabNode _node;
    private readonly RelayedDocument _before;
    private readonly long _start;

    private RelayedBytes(LabNode node)
    {
        _node = node;
        _before = node.Status().Relayed!;
        _start = TimeProvider.System.GetTimestamp();
    }

    internal static RelayedBytes Start(LabNode node) => new(node);

    /// <summary>MiB/s since then.</summary>
    internal (double Read, double Written) Rates()
    {
        var now = _node.Status().Relayed!;
        double seconds = TimeProvider.System.GetElapsedTime(_start).TotalSeconds;
        return ((now.Read - _before.Read) / MiB / seconds, (now.Written - _before.Written) / MiB / seconds);
    }
}
