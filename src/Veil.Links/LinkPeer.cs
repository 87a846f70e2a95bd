using System.Net;
using Veil.Wire;

namespace Veil.Links;

/// <summary>Who is at the other end of a link.</summary>
/// <param name="Relay">The authenticated relay, or null for a client, which has no identity.</param>
/// <param name="EndPoint">The connection's remote address. Personal data when <paramref name="Relay"/> is null: never
/// logged.</param>
/// <param name="IsInitiator">Whether this side opened the link.</param>
public sealed record LinkPeer(RelayId? Relay, EndPoint? EndPoint, bool IsInitiator)
{
    /// <summary>Tells nothing about the address.</summary>
    public override string ToString() => Relay is { } relay ? $"relay {relay}" : "client";
}
