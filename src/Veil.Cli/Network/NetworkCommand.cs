using System.CommandLine;
using System.Net;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Noise.Seams;
using Veil.Wire.Documents;

namespace Veil.Cli.Network;

/// <summary>`veil network new`: a network's file, and its authorities' folders.</summary>
internal static class NetworkCommand
{
    internal static Command Create(Terminal terminal) =>
        new("network", "Make a network.") { CreateNew(terminal) };

    private static Command CreateNew(Terminal terminal)
    {
        var options = new NewOptions();
        var command = new Command(
            "new",
            "Make a network: DIR/network.json, the one file that everybody who joins needs, and for each authority a "
            + "data folder DIR/NAME with its keys. Move each folder to its machine and start it there with "
            + "`veil run --data DIR/NAME`. A network that is to survive one authority that lies and one that is down "
            + "needs 4 authorities with --quorum 3.\n\n"
            + "Examples:\n"
            + "  veil network new net --authority a1=192.0.2.1:9301 --authority a2=192.0.2.2:9301 "
            + "--authority a3=192.0.2.3:9301\n"
            + "  veil network new lab --lab --authorities 3 --port-base 9311 --epoch 5");
        options.AddTo(command);
        command.SetAction(parsed => Run(new Voice(parsed.GetValue(options.Json), terminal), parsed, options));
        return command;
    }

    private static int Run(Voice voice, ParseResult parsed, NewOptions options)
    {
        try
        {
            var places = Places(
                parsed.GetValue(options.Authority) ?? [],
                parsed.GetValue(options.Authorities),
                parsed.GetValue(options.Address)!,
                parsed.GetValue(options.PortBase));
            bool lab = parsed.GetValue(options.Lab);
            Check(places, lab);
            string path = Path.GetFullPath(parsed.GetValue(options.Folder)!);
            var network = NewNetwork.Create(
                path,
                new NetworkPlan(
                    parsed.GetValue(options.Name)!,
                    lab,
                    parsed.GetValue(options.Epoch) ?? (lab ? NewOptions.LabEpoch : NewOptions.UsualEpoch),
                    places,
                    parsed.GetValue(options.Quorum)),
                new SystemSecretSource());
            Print(voice, path, network);
            return ExitCodes.Done;
        }
        catch (CliFailure failure)
        {
            return voice.Fail(failure);
        }
        catch (NodeStartException fault)
        {
            return voice.Fail(CliFailure.Of(fault));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return voice.Fail(new CliFailure(
                ExitCodes.Failed, "io", fault.Message, "name a folder that does not exist yet, in one that is yours"));
        }
    }

    private static void Print(Voice voice, string folder, NetworkDefinition network)
    {
        string file = new DataPaths(folder).Network;
        var result = new NetworkResult(
            network.Name,
            network.Id.Value.ToString(),
            file,
            [.. network.Authorities.Select(authority => new DataPaths(Path.Combine(folder, authority.Name)).Folder)]);
        voice.Print(result, NetworkJson.Default.NetworkResult, output => output.WriteLine(file));
        foreach (var authority in network.Authorities)
        {
            voice.Say($"start at {authority.Address}: veil run --data {Path.Combine(folder, authority.Name)}");
        }

        voice.Say($"everybody else: veil run --network {file}");
    }

    private static List<(string Name, NetworkAddress Address)> Places(
        string[] named,
        int? count,
        string address,
        int portBase)
    {
        if ((named.Length > 0) == count.HasValue)
        {
            throw Usage(
                named.Length > 0 ? "--authority and --authorities exclude each other" : "a network needs authorities",
                "write --authority NAME=ADDRESS:PORT once for each, or --authorities 3 for a lab on one machine");
        }

        var texts = count is { } number
            ? Enumerable.Range(0, Math.Clamp(number, 0, 64)).Select(index =>
                $"authority{index + 1}={At(address, portBase + index)}")
            : named;
        var places = texts.Select(text => (Text: text, Place: Place(text))).ToList();
        var wrong = places.Where(entry => entry.Place is null).Select(entry => entry.Text).ToList();
        return wrong.Count == 0
            ? [.. places.Select(entry => entry.Place!.Value)]
            : throw Usage(
                string.Join("; ", wrong.Select(text => $"--authority {text} is no name with an address")),
                "write it like a1=192.0.2.1:9301; a name is letters, digits, - and _, and becomes a folder");
    }

    private static string At(string address, int port) =>
        IPAddress.TryParse(address, out var parsed) && port is > 0 and <= 65535
            ? new IPEndPoint(parsed, port).ToString()
            : throw Usage($"{address} with port {port} is no address",
                "write an IP address, and a port from 1 to 65535");

    private static (string Name, NetworkAddress Address)? Place(string text)
    {
        string[] parts = text.Split('=', 2);
        bool isName = parts[0].Length is > 0 and <= 64
            && parts[0].All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
        return isName && parts.Length == 2 && NetworkAddress.TryParse(parts[1], out var address)
            ? (parts[0], address)
            : null;
    }

    // The network's own rules, for each authority at once; names become folders, and not every disk tells a from A.
    private static void Check(List<(string Name, NetworkAddress Address)> places, bool lab)
    {
        var twice = places
            .GroupBy(place => place.Name, StringComparer.OrdinalIgnoreCase)
            .Where(group => group.Count() > 1)
            .Select(group => $"{group.Count()} authorities are called {group.Key}");
        var hidden = places
            .Where(place => !lab && !place.Address.IsPublic)
            .Select(place => $"{place.Name}: {place.Address} is no public address");
        List<string> wrong = [.. twice, .. hidden];
        if (wrong.Count > 0)
        {
            throw Usage(
                string.Join("; ", wrong),
                "each authority needs a name of its own; loopback and private addresses need --lab");
        }
    }

    private static CliFailure Usage(string message, string hint) => new(ExitCodes.Usage, "usage", message, hint);
}
