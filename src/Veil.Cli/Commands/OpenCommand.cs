using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil open`: an address for a browser.</summary>
internal static class OpenCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var key = new KeyInput();
        return frame.Create(
            "open",
            "Print an address for a browser that uses this node's SOCKS port: there it finds what a key or name stands "
            + "for. The address of a key does not contain it and works with this node only. "
            + $"{KeyInput.Advice}\n\n"
            + "Examples:\n  veil open - < holiday.key\n  curl --proxy socks5h://127.0.0.1:9350 $(veil open "
            + "--key-file film.key)",
            key.Symbols,
            async (invocation, cancellationToken) =>
            {
                string wanted = await key.ReadTargetAsync(invocation, cancellationToken);
                using var client = invocation.Connect();
                string url = await client.OpenAsync(wanted, cancellationToken);
                invocation.Voice.Print(
                    new OpenAnswer(url), ControlJson.Default.OpenAnswer, output => output.WriteLine(url));
                return ExitCodes.Done;
            });
    }
}
