using System.CommandLine;

namespace Veil.Cli.Network;

/// <summary>What `veil network new` can be told.</summary>
internal sealed class NewOptions
{
    /// <summary>Seconds between directories, usually.</summary>
    internal const int UsualEpoch = 3600;

    /// <summary>The same in a lab.</summary>
    internal const int LabEpoch = 10;

    internal Argument<string> Folder { get; } = new("DIR")
    {
        Description = "a new folder for network.json and the authorities' folders",
    };

    internal Option<string> Name { get; } = new("--name")
    {
        Description = "the network's name",
        DefaultValueFactory = _ => "veil",
    };

    internal Option<bool> Lab { get; } = new("--lab")
    {
        Description = "a network to try things out: loopback and private addresses, short epochs, recordings",
    };

    internal Option<int?> Epoch { get; } = new("--epoch")
    {
        Description = $"seconds between directories (default {UsualEpoch}, lab {LabEpoch})",
    };

    internal Option<int?> Quorum { get; } = new("--quorum")
    {
        Description = "signatures that make a directory (default: the smallest majority)",
    };

    internal Option<string[]> Authority { get; } = new("--authority")
    {
        Description = "an authority and the address where it will run; repeat it for each",
        HelpName = "NAME=ADDRESS:PORT",
    };

    internal Option<int?> Authorities { get; } = new("--authorities")
    {
        Description = "so many authorities on one address, at ports from --port-base",
    };

    internal Option<string> Address { get; } = new("--address")
    {
        Description = "that address",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    internal Option<int> PortBase { get; } = new("--port-base")
    {
        Description = "the first port",
        DefaultValueFactory = _ => 9311,
    };

    internal Option<bool> Json { get; } = new("--json") { Description = "print one JSON object" };

    internal void AddTo(Command command)
    {
        command.Arguments.Add(Folder);
        Option[] all = [Name, Lab, Epoch, Quorum, Authority, Authorities, Address, PortBase, Json];
        foreach (var option in all)
        {
            command.Options.Add(option);
        }
    }
}
