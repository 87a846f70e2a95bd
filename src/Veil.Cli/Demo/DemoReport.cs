using System.Text.Json;
using Spectre.Console;
using Veil.Cli.Output;
using Veil.Node.Configuration;

namespace Veil.Cli.Demo;

/// <summary>Prints what the demo found: what each party recorded, and the figures.</summary>
internal static class DemoReport
{
    internal static void Print(DemoResult result, Voice voice)
    {
        if (voice.Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(result, DemoJson.Default.DemoResult));
            return;
        }

        AnsiConsole.WriteLine();
        AnsiConsole.Write(Table(result));
        AnsiConsole.WriteLine(Conclusion(result));
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine(
            $"{result.File}: {ByteSize.Format(result.Bytes)}, published in {result.PublishSeconds:0.00} s, "
            + $"fetched in {result.FetchSeconds:0.00} s: {result.FetchMib:0.0} MiB/s, "
            + $"{result.Ratio:0.000} of a raw loopback copy ({result.RawMib:0} MiB/s)");
        AnsiConsole.WriteLine(result.Ok ? "ok: same name, same SHA-256" : "FAILED: what came is not what was shared");
    }

    private static Table Table(DemoResult result)
    {
        string subnet = Subnet(result.Parties[0].Own);
        var table = new Table().Border(TableBorder.Simple).Title("what each party saw, as it recorded it in this run");
        table.AddColumns("party", "role", $"{subnet}.x", "linked with", "keys", "readable bytes", "blocks");
        foreach (var party in result.Parties)
        {
            table.AddRow(
                Markup.Escape(party.Name),
                Markup.Escape(party.Role),
                $".{LastPart(party.Own)}",
                Ranges(party.Addresses.Select(LastPart)),
                party.Keys.ToString(),
                party.PlaintextBytes.ToString(),
                party.Blocks.ToString());
        }

        return table;
    }

    private static string Subnet(string address) => address[..address.LastIndexOf('.')];

    private static int LastPart(string address) => int.Parse(address[(address.LastIndexOf('.') + 1)..]);

    // .1 .2 .3 .7 is written .1-3 .7
    private static string Ranges(IEnumerable<int> parts)
    {
        var ranges = new List<(int From, int To)>();
        foreach (int part in parts.Order())
        {
            if (ranges.Count > 0 && ranges[^1].To == part - 1)
            {
                ranges[^1] = (ranges[^1].From, part);
            }
            else
            {
                ranges.Add((part, part));
            }
        }

        return string.Join(' ', ranges.Select(range => range.From == range.To ? $".{range.From}"
            : $".{range.From}-{range.To}"));
    }

    private static string Conclusion(DemoResult result)
    {
        var lines = new List<string>();
        foreach (var client in result.Parties.Where(party => party.Role is "publisher" or "reader"))
        {
            var knowing = result.Parties.Where(party => party.Addresses.Contains(client.Own)).ToList();
            string names = string.Join(", ", knowing.Select(party => party.Name));
            lines.Add($"the {client.Role}'s address was seen by: {names}");
        }

        var others = result.Parties.Where(party => party.Role is not ("publisher" or "reader")).ToList();
        lines.Add($"content keys seen by anyone but publisher and reader: {others.Sum(party => party.Keys)}; "
            + $"readable bytes: {others.Sum(party => party.PlaintextBytes)}");
        return string.Join(Environment.NewLine, lines);
    }
}
