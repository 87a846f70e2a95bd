using Veil.Circuits;
using Veil.Node.Roles;

namespace Veil.Node.Status;

/// <summary>The parts of a node that its status is computed from.</summary>
internal sealed record StatusSource(
    CircuitContext Circuits,
    LinkPool ClientLinks,
    RelayRole? Relay,
    GatewayRole? Gateway,
    NodeServices? Services,
    NodeSeams Seams);
