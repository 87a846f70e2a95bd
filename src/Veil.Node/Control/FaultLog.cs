using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Veil.Node.Control;

/// <summary>What is told of failures (spec/control.md, section 3), and written down of those that are the node's own:
/// whoever hears of one is sent to the log.</summary>
internal sealed partial class FaultLog(ILogger logger)
{
    /// <summary>What to tell.</summary>
    internal ControlException Tell(Exception failure)
    {
        var told = ControlErrors.Of(failure);
        if (told.Status == StatusCodes.Status500InternalServerError)
        {
            LogFault(failure.GetType().Name);
        }

        return told;
    }

    // Only the kind of a failure: its message may name what was asked for.
    [LoggerMessage(5101, LogLevel.Error, "A control request failed by our own fault: {Kind}")]
    private partial void LogFault(string kind);
}
