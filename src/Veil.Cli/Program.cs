using Veil.Cli.Commands;
using Veil.Cli.Output;

namespace Veil.Cli;

internal static class Program
{
    private static Task<int> Main(string[] args) =>
        CommandTree.RunAsync(args, Terminal.OfProcess(), CancellationToken.None);
}
