using Microsoft.Extensions.Logging;

namespace Veil.Gateway.Sites;

internal sealed partial class SiteApplication
{
    // Only the kind of a failure: its message may name what was asked for.
    [LoggerMessage(4101, LogLevel.Information, "An answer was cut off: {Kind}")]
    private partial void LogBroken(string kind);

    [LoggerMessage(4102, LogLevel.Error, "A request failed by our own fault: {Kind}")]
    private partial void LogFault(string kind);
}
