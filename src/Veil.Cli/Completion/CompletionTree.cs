using System.CommandLine;
using System.CommandLine.Completions;
using Veil.Node;
using Veil.Node.Status;

namespace Veil.Cli.Completion;

/// <summary>What is completed after an option or in an argument's place.</summary>
internal enum ValueKind
{
    /// <summary>The option takes no value.</summary>
    None,

    /// <summary>Something that nobody but the user knows.</summary>
    Free,

    /// <summary>A file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>Roles, with commas between them.</summary>
    Roles,

    /// <summary>One of some words.</summary>
    Words,
}

/// <summary>One option.</summary>
/// <param name="Names">As typed, the long one first.</param>
/// <param name="Description">Its first words.</param>
/// <param name="Kind">What its value is.</param>
/// <param name="Words">For <see cref="ValueKind.Words"/>.</param>
internal sealed record CompletedOption(
    IReadOnlyList<string> Names,
    string Description,
    ValueKind Kind,
    IReadOnlyList<string> Words);

/// <summary>A command as completion sees it: what the parser knows, without its code.</summary>
/// <param name="Path">Its names from the root on, which is empty, with a space between.</param>
/// <param name="Description">Its first sentence.</param>
/// <param name="Children">Commands under it.</param>
/// <param name="Options">Its options.</param>
/// <param name="Argument">What its first argument is.</param>
/// <param name="ArgumentWords">For <see cref="ValueKind.Words"/>.</param>
internal sealed record CompletionTree(
    string Path,
    string Description,
    IReadOnlyList<CompletionTree> Children,
    IReadOnlyList<CompletedOption> Options,
    ValueKind Argument,
    IReadOnlyList<string> ArgumentWords)
{
    /// <summary>Names of roles, as `veil run --roles` takes them.</summary>
    internal static IReadOnlyList<string> Roles { get; } =
        NodeStatus.NamesOf(Enum.GetValues<NodeRoles>().Aggregate((all, role) => all | role));

    /// <summary>The last of its names.</summary>
    internal string Name => Path[(Path.LastIndexOf(' ') + 1)..];

    /// <summary>This command and all under it.</summary>
    internal IEnumerable<CompletionTree> All => Children.SelectMany(child => child.All).Prepend(this);

    /// <summary>The tree under a root.</summary>
    internal static CompletionTree Of(RootCommand root) => Of(root, string.Empty);

    private static CompletionTree Of(Command command, string path)
    {
        var argument = command.Arguments.FirstOrDefault(argument => !argument.Hidden);
        var words = argument is null ? [] : WordsOf(argument);
        return new CompletionTree(
            path,
            Short(command.Description),
            [.. command.Subcommands
                .Where(child => !child.Hidden)
                .Select(child => Of(child, $"{path} {child.Name}".Trim()))],
            [.. command.Options.Where(option => !option.Hidden).Select(Of)],
            argument is null ? ValueKind.None : KindOf(argument.HelpName ?? argument.Name, argument.Name, words),
            words);
    }

    private static CompletedOption Of(Option option)
    {
        var words = WordsOf(option);
        bool takesValue = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool);
        return new CompletedOption(
            [option.Name, .. option.Aliases.Where(IsWord).Where(alias => alias != option.Name).Order()],
            Short(option.Description),
            takesValue ? KindOf(option.HelpName, option.Name, words) : ValueKind.None,
            words);
    }

    // Help also answers to -? and to the slashes of Windows, which shells take for something else.
    private static bool IsWord(string name) => name.StartsWith('-') && char.IsAsciiLetter(name.TrimStart('-')[0]);

    private static ValueKind KindOf(string? valueName, string name, IReadOnlyList<string> words) =>
        (valueName, name) switch
        {
            (_, "--roles") => ValueKind.Roles,
            ("PATH" or "FILE" or "OUT", _) => ValueKind.File,
            ("DIR", _) => ValueKind.Folder,
            _ => words.Count > 0 ? ValueKind.Words : ValueKind.Free,
        };

    private static IReadOnlyList<string> WordsOf(Symbol symbol) =>
        [.. symbol.GetCompletions(CompletionContext.Empty)
            .Select(item => item.InsertText ?? item.Label)
            .Where(word => !word.StartsWith('-'))
            .Distinct()];

    // The first sentence, in one line, without what shells take for syntax.
    private static string Short(string? description)
    {
        string first = (description ?? string.Empty).Split('\n')[0].Split(". ")[0].TrimEnd('.');
        return string.Concat(first.Where(letter => letter is not ('\'' or '"' or '[' or ']' or '`' or '$' or '\\')));
    }
}
