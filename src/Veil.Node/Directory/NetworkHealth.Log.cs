using Microsoft.Extensions.Logging;

namespace Veil.Node.Directory;

// Event ids 200 to 299 belong to the directory. No line names an address, an identity or a key.
internal sealed partial class NetworkHealth
{
    /// <summary>Tells of a cached document that does not verify; it is ignored and replaced.</summary>
    internal void CacheIgnored(string what) => LogCacheIgnored(_logger, what);

    /// <summary>Tells of a vote that was not sent because it could not be written down first.</summary>
    internal void VoteNotSent(Exception fault) => LogVoteNotSent(_logger, fault);

    /// <summary>Tells of a round that is left out, because the vote of before the restart cannot be read.</summary>
    internal void RoundLeftOut() => LogRoundLeftOut(_logger);

    private void Write(LogLine line)
    {
        switch (line.Kind)
        {
            case LogLineKind.Began:
                LogBegan(_logger, line.Problem.Code, line.Problem.Message, line.Problem.Hint);
                break;
            case LogLineKind.Lasts:
                LogLasts(_logger, line.Problem.Code, line.Problem.Message, line.Problem.Hint);
                break;
            default:
                LogEnded(_logger, line.Problem.Code);
                break;
        }
    }

    [LoggerMessage(200, LogLevel.Warning, "{Code}: {Message} ({Hint})")]
    private static partial void LogBegan(ILogger logger, string code, string message, string hint);

    [LoggerMessage(201, LogLevel.Warning, "still {Code}: {Message} ({Hint})")]
    private static partial void LogLasts(ILogger logger, string code, string message, string hint);

    [LoggerMessage(202, LogLevel.Information, "no longer {Code}")]
    private static partial void LogEnded(ILogger logger, string code);

    [LoggerMessage(203, LogLevel.Information, "the network is known: epoch {Epoch}, {Relays} relays")]
    private static partial void LogFound(ILogger logger, ulong epoch, int relays);

    [LoggerMessage(204, LogLevel.Warning, "the {What} in the data folder is damaged or foreign: ignored, "
        + "and replaced by the next one")]
    private static partial void LogCacheIgnored(ILogger logger, string what);

    [LoggerMessage(205, LogLevel.Error, "no vote was sent: it could not be written to the data folder first")]
    private static partial void LogVoteNotSent(ILogger logger, Exception fault);

    [LoggerMessage(206, LogLevel.Warning, "no vote in this round: the vote of before the restart cannot be read, "
        + "and there must not be two")]
    private static partial void LogRoundLeftOut(ILogger logger);
}
