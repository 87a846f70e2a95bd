using System.CommandLine;
using System.Net;
using System.Text.Json;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Noise.Seams;
using Veil.Wire.Documents;

namespace Veil.Cli.Network;

/// <summary>`veil network new`: a network's file, and its authorities' folders.</summary>
internal static class NetworkCommand
{
    internal static Command Create() => new("network", "Make a network.") { CreateNew() };

    private static Command CreateNew()
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
        command.SetAction(parsed => Run(parsed, options));
        return command;
    }

    private static int Run(ParseResult parsed, NewOptions options)
    {
        var voice = new Voice(parsed.GetValue(options.Json));
        try
        {
            var places = Places(
                parsed.GetValue(options.Authority) ?? [],
                parsed.GetValue(options.Authorities),
                parsed.GetValue(options.Address)!,
                parsed.GetValue(options.PortBase));
            bool lab = parsed.GetValue(options.Lab);
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
    }

    private static void Print(Voice voice, string folder, NetworkDefinition network)
    {
        string file = new DataPaths(folder).Network;
        if (voice.Json)
        {
            var result = new NetworkResult(
                network.Name,
                network.Id.Value.ToString(),
                file,
                [.. network.Authorities.Select(authority => new DataPaths(Path.Combine(folder,
                    authority.Name)).Folder)]);
            Console.Out.WriteLine(JsonSerializer.Serialize(result, NetworkJson.Default.NetworkResult));
            return;
        }

        Console.Out.WriteLine(file);
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
        return [.. texts.Select(Place)];
    }

    private static string At(string address, int port) =>
        IPAddress.TryParse(address, out var parsed) && port is > 0 and <= 65535
            ? new IPEndPoint(parsed, port).ToString()
            : throw Usage($"{address} with port {port} is no address",
                "write an IP address, and a port from 1 to 65535");

    private static (string Name, NetworkAddress Address) Place(string text)
    {
        string[] parts = text.Split('=', 2);
        bool isName = parts[0].Length is > 0 and <= 64
            && parts[0].All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
        return isName && parts.Length == 2 && NetworkAddress.TryParse(parts[1], out var address)
            ? (parts[0], address)
            : throw Usage(
                $"--authority {text} is no name with an address",
                "write it like a1=192.0.2.1:9301; a name is letters, digits, - and _, and becomes a folder");
    }

    private static CliFailure Usage(string message, string hint) => new(ExitCodes.Usage, "usage", message, hint);
}
