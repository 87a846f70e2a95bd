using Microsoft.Extensions.Logging;

namespace Veil.Gateway.Socks;

public sealed partial class SocksServer
{
    // Never the name that was asked for.
    [LoggerMessage(4001, LogLevel.Debug, "A SOCKS connection was refused: {Reason}")]
    private partial void LogRefused(SocksRefusal reason);

    [LoggerMessage(4002, LogLevel.Warning, "The SOCKS port could not accept: {Kind}")]
    private partial void LogAcceptFailed(string kind);

    [LoggerMessage(4003, LogLevel.Warning, "A SOCKS connection failed by our own fault: {Kind}")]
    private partial void LogConnectionFailed(string kind);
}
