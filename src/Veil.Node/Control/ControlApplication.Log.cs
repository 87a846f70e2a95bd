using Microsoft.Extensions.Logging;

namespace Veil.Node.Control;

internal sealed partial class ControlApplication
{
    // Only the kind of a failure: its message may name what was asked for.
    [LoggerMessage(5101, LogLevel.Error, "A control request failed by our own fault: {Kind}")]
    private partial void LogFault(string kind);
}
