using Veil.Circuits.Client;
using Veil.Wire;

namespace Veil.Node.Exits;

/// <summary>An exit that a group uses, and the branch that leads there now.</summary>
internal sealed class ExitPlace(RelayId exit)
{
    internal RelayId Exit => exit;

    internal ClientBranch? Branch { get; set; }
}
