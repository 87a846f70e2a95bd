using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>One run of a command: what was parsed, and how to speak.</summary>
internal sealed record Invocation(ParseResult Parsed, Terminal Terminal, Voice Voice, DataPaths Paths)
{
    /// <summary>The node of the data folder.</summary>
    /// <exception cref="ControlException">The folder's path is too long for a socket.</exception>
    internal ControlClient Connect() => new(ControlSocket.In(Paths.Folder));
}
