using System.CommandLine;
using Spectre.Console;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil ls`: what this node has shared, or what a key names.</summary>
internal static class ListCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var key = new KeyInput();
        var keys = new Option<bool>("--keys") { Description = "print keys, too: whoever has one can read the file" };
        return frame.Create(
            "ls",
            "List what was shared from this node and is remembered: id, length in bytes, time, name. "
            + "With --json the keys are always there. With a key, list what it names instead: length in bytes and "
            + "path of each file, and on standard error what its publisher states: licence, rights holder, signer; "
            + $"with --keys the key of the version before. {KeyInput.Advice}\n\n"
            + "Examples:\n  veil ls\n  veil ls --keys\n  veil ls --key-file photos.key",
            [keys, .. key.Symbols],
            async (invocation, cancellationToken) =>
            {
                bool withKeys = invocation.Parsed.GetValue(keys);
                using var client = invocation.Connect();
                if (key.IsGiven(invocation))
                {
                    string wanted = await key.ReadTargetAsync(invocation, cancellationToken);
                    return Print(
                        invocation,
                        await client.ListContentAsync(new FetchRequest(wanted), cancellationToken),
                        withKeys);
                }

                var list = await client.ListAsync(cancellationToken);
                invocation.Voice.Print(list, ControlJson.Default.PublicationList, output =>
                {
                    if (invocation.Terminal.OutIsTerminal)
                    {
                        AnsiConsole.Write(Table(list, withKeys));
                        return;
                    }

                    foreach (var entry in list.Publications)
                    {
                        string line = string.Join(
                            '\t', entry.Id, entry.Bytes, $"{entry.PublishedAt:yyyy-MM-ddTHH:mm:ssZ}", entry.Name);
                        output.WriteLine(withKeys ? $"{line}\t{entry.Key}" : line);
                    }
                });
                if (list.Publications.Count == 0)
                {
                    invocation.Voice.Say("nothing is remembered here; veil add PATH shares a file");
                }

                return ExitCodes.Done;
            });
    }

    private static int Print(Invocation invocation, ContentListing listing, bool withKeys)
    {
        invocation.Voice.Print(listing, ControlJson.Default.ContentListing, output =>
        {
            foreach (var file in listing.Files ?? [new(listing.Name, listing.Bytes, listing.Digest)])
            {
                output.WriteLine($"{file.Bytes}\t{file.Path}");
            }
        });
        StatementLines.Say(invocation, listing);
        if (withKeys && listing.Previous is { } previous)
        {
            invocation.Voice.Say($"version before: {previous}");
        }

        return ExitCodes.Done;
    }

    private static Table Table(PublicationList list, bool withKeys)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("id", "size", "shared at (UTC)", "name");
        if (withKeys)
        {
            table.AddColumn("key");
        }

        foreach (var entry in list.Publications)
        {
            string[] cells =
            [
                entry.Id,
                ByteSize.Format(entry.Bytes),
                entry.PublishedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm"),
                Markup.Escape(entry.Name),
            ];
            table.AddRow(withKeys ? [.. cells, entry.Key] : cells);
        }

        return table;
    }
}
