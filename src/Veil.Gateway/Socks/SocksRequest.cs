using Veil.Content.Edge;
using Veil.Wire.Exits;

namespace Veil.Gateway.Socks;

/// <summary>What a client may have: a site under <c>.veil</c>, on port 80, or a way out of the network.</summary>
/// <param name="HostName">The site asked for, in lower case; empty for a target outside.</param>
/// <param name="Group">Which connections may be linked with this one (spec/gateway.md, section 1.2).</param>
/// <param name="Exit">The target outside; null for a site. The client has no answer yet.</param>
public sealed record SocksRequest(string HostName, IsolationGroup Group, ExitTarget? Exit = null);
