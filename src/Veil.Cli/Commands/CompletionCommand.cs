using System.CommandLine;
using Veil.Cli.Completion;
using Veil.Cli.Output;

namespace Veil.Cli.Commands;

/// <summary>`veil completion`: what makes a shell complete this program's words.</summary>
internal static class CompletionCommand
{
    /// <param name="frame">What commands share.</param>
    /// <param name="root">The tree to complete, looked at when the command runs.</param>
    internal static Command Create(CommandFrame frame, Func<RootCommand> root)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish", HelpName = "SHELL" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        return frame.Create(
            "completion",
            "Print a script that makes a shell complete veil's commands, options, paths and roles.\n\n"
            + "Examples:\n  source <(veil completion bash)\n  veil completion zsh > ~/.zfunc/_veil\n"
            + "  veil completion fish > ~/.config/fish/completions/veil.fish",
            [shell],
            (invocation, _) =>
            {
                string name = invocation.Parsed.GetRequiredValue(shell);
                var tree = CompletionTree.Of(root());
                string script = name switch
                {
                    "bash" => BashScript.Write(tree),
                    "zsh" => ZshScript.Write(tree),
                    _ => FishScript.Write(tree),
                };
                invocation.Voice.Print(
                    new CompletionResult(name, script), CommandJson.Default.CompletionResult,
                        output => output.Write(script));
                return Task.FromResult(ExitCodes.Done);
            });
    }
}
