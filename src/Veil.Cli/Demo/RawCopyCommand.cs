using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Measure;

namespace Veil.Cli.Demo;

/// <summary>The sending half of the raw copy: what the demo starts as another process. Not for people.</summary>
internal static class RawCopyCommand
{
    internal const string Name = "raw-copy";

    internal static Command Create()
    {
        var port = new Argument<int>("port");
        var bytes = new Argument<long>("bytes");
        var command = new Command(Name, "the sending half of a raw loopback copy") { port, bytes };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            RawCopy.Send(parsed.GetValue(port), parsed.GetValue(bytes), TimeProvider.System);
            return ExitCodes.Done;
        });
        return command;
    }
}
