using Microsoft.Extensions.Logging;
using Veil.Circuits.Limits;
using Veil.Wire.Denying;

namespace Veil.Node.Hosting;

/// <summary>What a node shares with its host, which changes it while the node runs.</summary>
/// <param name="Loggers">Logs.</param>
/// <param name="Denylist">What is not carried.</param>
/// <param name="Limits">What strangers may use up.</param>
internal sealed record NodeSurroundings(ILoggerFactory Loggers, Denylist Denylist, NodeLimits Limits);
