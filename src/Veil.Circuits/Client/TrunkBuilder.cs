using Veil.Directory.Paths;
using Veil.Wire;

namespace Veil.Circuits.Client;

/// <summary>Builds trunks along chosen paths, and tells how their guards did. Any thread.</summary>
internal sealed class TrunkBuilder(CircuitContext context, LinkPool links, NetworkView view)
{
    /// <summary>What the node's circuits share.</summary>
    internal CircuitContext Context => context;

    /// <summary>The network.</summary>
    internal NetworkView View => view;

    /// <summary>Builds one.</summary>
    /// <exception cref="CircuitFailedException">A hop cannot be reached or does not answer in time.</exception>
    internal async Task<Trunk> BuildAsync(CircuitPath path, CancellationToken cancellationToken)
    {
        try
        {
            var circuit = await ClientCircuit.BuildAsync(
                context,
                links,
                NetworkView.AddressOf(path.Guard),
                [.. path.Hops.Select(NetworkView.TargetOf)],
                cancellationToken);
            view.Report(path.Guard.Identity, succeeded: true);
            return new Trunk(circuit, context.Time.GetTimestamp());
        }
        catch (CircuitFailedException fault) when (fault.Relay == path.Guard.Identity
            && fault.Reason is not (CloseReason.ResourceLimit or CloseReason.Stopping or CloseReason.BackingOff))
        {
            // The failure before a pause is reported already. What this node ran out of itself says nothing about the
            // guard, and must not make it turn to another.
            view.Report(path.Guard.Identity, succeeded: false);
            throw;
        }
    }
}
