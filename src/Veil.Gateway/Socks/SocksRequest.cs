using Veil.Content.Edge;

namespace Veil.Gateway.Socks;

/// <summary>What a client may have: a site under <c>.veil</c>, on port 80.</summary>
/// <param name="HostName">The name asked for, in lower case.</param>
/// <param name="Group">Which connections may be linked with this one (spec/gateway.md, section 1.2).</param>
public sealed record SocksRequest(string HostName, IsolationGroup Group);
