using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Veil.Cli.Commands;

/// <summary>
/// The parser's own help, except that the commands below one are listed with a few words each: the rest, and their
/// examples, are in the help of each.
/// </summary>
internal sealed class CommandHelp : SynchronousCommandLineAction
{
    private static readonly char[] _ends = ['.', ':', ';'];

    private readonly HelpAction _whole = new();

    /// <inheritdoc/>
    public override bool ClearsParseErrors => _whole.ClearsParseErrors;

    /// <summary>Makes it the help of a tree of commands.</summary>
    internal static void Serve(RootCommand root) =>
        root.Options.OfType<HelpOption>().Single().Action = new CommandHelp();

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        // Nothing else reads a tree whose help was asked for.
        foreach (var command in parseResult.CommandResult.Command.Subcommands)
        {
            command.Description = FirstWords(command.Description ?? "");
        }

        return _whole.Invoke(parseResult);
    }

    private static string FirstWords(string description) =>
        description.IndexOfAny(_ends) is > 0 and var end ? description[..end] : description;
}
