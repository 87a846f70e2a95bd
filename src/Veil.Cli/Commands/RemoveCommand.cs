using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil rm`: forgets what was shared.</summary>
internal static class RemoveCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var publication = new KeyInput();
        return frame.Create(
            "rm",
            "Forget something that was shared: its name and key are removed from this node. It is not unshared: "
            + "stores keep the blocks until their leases end (60 days by default), and until then whoever has the key "
            + "can read it. KEY is the id that veil ls prints, or the key itself. "
            + $"{KeyInput.Advice}\n\n"
            + "Examples:\n  veil rm 3f9a0c11d2\n  veil rm - < holiday.key",
            publication.Symbols,
            async (invocation, cancellationToken) =>
            {
                string wanted = await publication.ReadTextAsync(invocation, cancellationToken);
                using var client = invocation.Connect();
                var forgotten = await client.ForgetAsync(wanted, cancellationToken);
                invocation.Voice.Print(forgotten, ControlJson.Default.ForgetAnswer, static _ => { });
                invocation.Voice.Say($"forgot {forgotten.Name} ({forgotten.Id})");
                invocation.Voice.Say($"note: {forgotten.Note}");
                return ExitCodes.Done;
            });
    }
}
