using System.CommandLine;
using System.CommandLine.Parsing;
using Veil.Cli.Demo;
using Veil.Cli.Eris;
using Veil.Cli.Names;
using Veil.Cli.Network;
using Veil.Cli.Output;
using Veil.Cli.Run;

namespace Veil.Cli.Commands;

/// <summary>All commands, and how a line of arguments becomes one run of one of them.</summary>
internal static class CommandTree
{
    // What commands have to put away when they are interrupted: a temporary file, a request.
    private static readonly TimeSpan CleaningLimit = TimeSpan.FromSeconds(10);

    // Without files of arguments: a file named @pic.jpg is to be shared, not read for options.
    private static readonly ParserConfiguration _asTyped = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs what the arguments ask for; returns the exit code.</summary>
    internal static async Task<int> RunAsync(string[] args, Terminal terminal, CancellationToken cancellationToken)
    {
        var parsed = Create(terminal).Parse(args, _asTyped);
        var voice = new Voice(args.Contains("--json"), terminal);
        string[] mistakes = [.. parsed.Errors.Select(error => FirstLine(error.Message)).Distinct()];
        mistakes = mistakes.Length > 0 ? mistakes : EmptyOf(parsed.CommandResult);
        if (mistakes.Length > 0)
        {
            return voice.Fail(new CliFailure(
                ExitCodes.Usage,
                "usage",
                string.Join("; ", mistakes),
                $"{PathOf(parsed.CommandResult)} --help shows how it is used"));
        }

        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            // A node drains as long as its settings say, and its host takes the signals: nothing may cut that off.
            ProcessTerminationTimeout =
                parsed.CommandResult.Command.Name == RunCommand.Name ? null : CleaningLimit,
            Output = terminal.Out,
            Error = terminal.Error,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (Exception fault) when (Voice.IsUnwritable(fault))
        {
            // Help that cannot be written; what commands do has ended before.
            return voice.Fail(CommandFrame.Failure(fault));
        }
    }

    // As a script gives them whose variable is not set. A node's settings may be empty.
    private static string[] EmptyOf(CommandResult command) => command.Command.Name == RunCommand.Name
        ? []
        : [.. command.Children.Where(child => child.Tokens.Any(token => token.Value.Length == 0)).Select(
            child => child switch
            {
                ArgumentResult { Argument: var argument } => $"{argument.HelpName ?? argument.Name} is empty",
                OptionResult { Option: var option } => $"{option.Name} is empty",
                _ => "an argument is empty",
            })];

    /// <summary>The tree of commands.</summary>
    internal static RootCommand Create(Terminal terminal)
    {
        var frame = new CommandFrame(terminal);
        var root = new RootCommand(
            "Veil shares files without showing anybody's address: onion circuits hide who shares and who reads, "
            + "and stores keep encrypted blocks that they cannot read.\n\n"
            + "Examples:\n  veil demo --file holiday.jpg\n  veil run --network network.json\n  veil add holiday.jpg\n"
            + "  veil get - -o holiday.jpg < holiday.key")
        {
            RunCommand.Create(terminal),
            StatusCommand.Create(frame),
            AddCommand.Create(frame),
            GetCommand.Create(frame),
            CatCommand.Create(frame),
            OpenCommand.Create(frame),
            KeyCommand.Create(frame),
            PublishCommand.Create(frame),
            FollowCommands.CreateResolve(frame),
            FollowCommands.CreateFollow(frame),
            FollowCommands.CreateList(frame),
            FollowCommands.CreateUnfollow(frame),
            ListCommand.Create(frame),
            RemoveCommand.Create(frame),
            CheckCommand.Create(frame),
            KeepCommand.Create(frame),
            KeepsCommand.Create(frame),
            KeepCommand.CreateUnkeep(frame),
            KeepCommand.CreateRepairKey(frame),
            SetCommand.Create(frame),
            DenyCommand.Create(frame),
            StoreCommand.Create(frame),
            DoctorCommand.Create(frame),
            ErisCommand.Create(frame),
            NetworkCommand.Create(terminal),
            CompletionCommand.Create(frame, () => Create(terminal)),
            DemoCommand.Create(),
            RawCopyCommand.Create(),
        };
        CommandHelp.Serve(root);
        return root;
    }

    private static string PathOf(SymbolResult result) =>
        result is CommandResult { Command: var command, Parent: { } parent } && command is not RootCommand
            ? $"{PathOf(parent)} {command.Name}"
            : "veil";

    // Suggestions of the parser come in further lines.
    private static string FirstLine(string message)
    {
        string line = message.Split('\n')[0].Trim().TrimEnd('.');
        return line.Length > 1 && char.IsLower(line[1]) ? char.ToLowerInvariant(line[0]) + line[1..] : line;
    }
}
