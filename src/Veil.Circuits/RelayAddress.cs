using System.Net;
using Veil.Links.Handshake;

namespace Veil.Circuits;

/// <summary>Where a listed relay is, and how it proves that it is there.</summary>
/// <param name="Target">Identity and link key.</param>
/// <param name="EndPoint">Address from the signed directory.</param>
public sealed record RelayAddress(LinkTarget Target, EndPoint EndPoint);
