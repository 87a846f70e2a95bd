using Microsoft.Extensions.Logging;

namespace Veil.Gateway;

/// <summary>What every part of the gateway is given from outside.</summary>
/// <param name="Options">Bounds and time limits.</param>
/// <param name="Time">The clock.</param>
/// <param name="Loggers">Where logs go; at Information and above nothing names a key, path, label or host.</param>
/// <param name="Counters">What is counted.</param>
public sealed record GatewayEnvironment(
    GatewayOptions Options,
    TimeProvider Time,
    ILoggerFactory Loggers,
    GatewayCounters Counters);
