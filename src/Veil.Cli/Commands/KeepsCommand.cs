using System.CommandLine;
using Spectre.Console;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil keeps`: what this node keeps alive, and how it is.</summary>
internal static class KeepsCommand
{
    internal static Command Create(CommandFrame frame) => frame.Create(
        "keeps",
        "List what this node keeps alive: id, how it was at its last round, shares, time of that round, name. Names "
        + "are known only of what is kept by a content key.\n\n"
        + "Examples:\n  veil keeps\n  veil keeps --json",
        [],
        async (invocation, cancellationToken) =>
        {
            using var client = invocation.Connect();
            var list = await client.ListKeepsAsync(cancellationToken);
            invocation.Voice.Print(list, ControlJson.Default.KeepList, output =>
            {
                if (invocation.Terminal.OutIsTerminal)
                {
                    AnsiConsole.Write(Table(list));
                    return;
                }

                foreach (var keep in list.Keeps) output.WriteLine(string.Join('\t', Cells(keep)));
            });
            if (list.Keeps.Count == 0)
            {
                invocation.Voice.Say("nothing is kept here; veil keep KEY keeps something alive");
            }

            return ExitCodes.Done;
        });

    private static Table Table(KeepList list)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(
            "id", "health", "shares", "last round (UTC)", "name");
        foreach (var keep in list.Keeps) table.AddRow([.. Cells(keep).Select(Markup.Escape)]);
        return table;
    }

    private static string[] Cells(KeepDocument keep) =>
    [
        keep.Id,
        keep.LastFault ?? (keep.Health is { } known ? known.Healthy ? "healthy" : "not healthy" : "not known yet"),
        keep.Health is { } health ? $"{health.SharesPlaced} of {health.SharesNeeded}" : "",
        keep.LastRoundAt is { } at ? $"{at.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}" : "",
        keep.Bytes is { } bytes ? $"{keep.Name} ({ByteSize.Format(bytes)})" : keep.Name,
    ];
}
