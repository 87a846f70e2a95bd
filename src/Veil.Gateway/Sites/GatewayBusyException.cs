namespace Veil.Gateway.Sites;

/// <summary>As many files as allowed are being read (spec/gateway.md, section 6).</summary>
internal sealed class GatewayBusyException() : Exception("as many files as allowed are being read");
