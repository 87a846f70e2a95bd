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
    private const int UsualEpoch = 3600;
    private const int LabEpoch = 10;

    internal static Command Create() => new("network", "Make a network.") { CreateNew() };

    private static Command CreateNew()
    {
        var folder = new Argument<string>("DIR") { Description = "a new folder for network.json and the authorities' folders" };
        var name = new Option<string>("--name")
        {
            Description = "the network's name",
            DefaultValueFactory = _ => "veil",
        };
        var lab = new Option<bool>("--lab")
        {
            Description = "a network to try things out: loopback and private addresses, short epochs, recordings",
        };
        var epoch = new Option<int?>("--epoch") { Description = $"seconds between directories (default {UsualEpoch}, lab {LabEpoch})" };
        var quorum = new Option<int?>("--quorum") { Description = "signatures that make a directory (default: the smallest majority)" };
        var authority = new Option<string[]>("--authority")
        {
            Description = "an authority and the address where it will run; repeat it for each",
            HelpName = "NAME=ADDRESS:PORT",
        };
        var authorities = new Option<int?>("--authorities") { Description = "so many authorities on one address, at ports from --port-base" };
        var address = new Option<string>("--address")
        {
            Description = "that address",
            DefaultValueFactory = _ => "127.0.0.1",
        };
        var portBase = new Option<int>("--port-base") { Description = "the first port", DefaultValueFactory = _ => 9311 };
        var json = new Option<bool>("--json") { Description = "print one JSON object" };
        var command = new Command(
            "new",
            "Make a network: DIR/network.json, the one file that everybody who joins needs, and for each authority a data "
            + "folder DIR/NAME with its keys. Move each folder to its machine and start it there with "
            + "`veil run --data DIR/NAME`. A network that is to survive one authority that lies and one that is down needs 4 "
            + "authorities with --quorum 3.\n\n"
            + "Examples:\n"
            + "  veil network new net --name ours --authority a1=192.0.2.1:9301 --authority a2=192.0.2.2:9301 --authority a3=192.0.2.3:9301\n"
            + "  veil network new lab --lab --authorities 3 --port-base 9311 --epoch 5")
        {
            folder, name, lab, epoch, quorum, authority, authorities, address, portBase, json,
        };
        command.SetAction(parsed =>
        {
            var voice = new Voice(parsed.GetValue(json));
            try
            {
                var places = Places(parsed.GetValue(authority) ?? [], parsed.GetValue(authorities),
                    parsed.GetValue(address)!, parsed.GetValue(portBase));
                bool isLab = parsed.GetValue(lab);
                string path = Path.GetFullPath(parsed.GetValue(folder)!);
                var network = NewNetwork.Create(
                    path,
                    new NetworkPlan(
                        parsed.GetValue(name)!,
                        isLab,
                        parsed.GetValue(epoch) ?? (isLab ? LabEpoch : UsualEpoch),
                        places,
                        parsed.GetValue(quorum)),
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
        });
        return command;
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
                [.. network.Authorities.Select(authority => new DataPaths(Path.Combine(folder, authority.Name)).Folder)]);
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
        IReadOnlyList<string> named,
        int? count,
        string address,
        int portBase)
    {
        if ((named.Count > 0) == count.HasValue)
        {
            throw Usage(
                named.Count > 0 ? "--authority and --authorities exclude each other" : "a network needs authorities",
                "write --authority NAME=ADDRESS:PORT once for each, or --authorities 3 for a lab on one machine");
        }

        var texts = count is { } number
            ? Enumerable.Range(0, Math.Clamp(number, 0, 64)).Select(index => $"authority{index + 1}={At(address, portBase + index)}")
            : named;
        return [.. texts.Select(Place)];
    }

    private static string At(string address, int port) =>
        IPAddress.TryParse(address, out var parsed) && port is > 0 and <= 65535
            ? new IPEndPoint(parsed, port).ToString()
            : throw Usage($"{address} with port {port} is no address", "write an IP address, and a port from 1 to 65535");

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
