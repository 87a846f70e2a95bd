using System.CommandLine;
using Veil.Cli.Demo;
using Veil.Cli.Network;
using Veil.Cli.Output;
using Veil.Cli.Run;

namespace Veil.Cli;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var root = new RootCommand(
            "Veil shares files without showing anybody's address: onion circuits hide who shares and who reads, "
            + "and stores keep encrypted blocks that they cannot read.\n\n"
            + "Example:\n  veil demo --file holiday.jpg")
        {
            RunCommand.Create(),
            NetworkCommand.Create(),
            DemoCommand.Create(),
            RawCopyCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // System.CommandLine prints the errors and the help; the contract wants exit code 2.
            await parsed.InvokeAsync();
            return ExitCodes.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
