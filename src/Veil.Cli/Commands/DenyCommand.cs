using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil deny`: content that this node will have no part in.</summary>
internal static class DenyCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var key = new KeyInput();
        return frame.Create(
            "deny",
            "Refuse what a key names, at this node: it will not open it, and its store will neither take nor hand "
            + "out the block that everything else hangs on. Only a hash of that block's name is written down (in the "
            + $"denylist); other nodes are not told. To allow it again, take the line out of the denylist. "
            + $"{KeyInput.Advice}\n\n"
            + "Examples:\n  veil deny - < unwanted.key\n  veil deny --key-file unwanted.key",
            key.Symbols,
            async (invocation, cancellationToken) =>
            {
                var wanted = await key.ReadAsync(invocation, cancellationToken);
                using var client = invocation.Connect();
                bool added = await client.DenyAsync(wanted.Format(), cancellationToken);
                invocation.Voice.Print(new DenyAnswer(added), ControlJson.Default.DenyAnswer, static _ => { });
                invocation.Voice.Say(added ? "denied here from now on" : "it was denied here already");
                return ExitCodes.Done;
            });
    }
}
