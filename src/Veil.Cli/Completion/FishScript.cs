using System.Text;

namespace Veil.Cli.Completion;

/// <summary>Completion for fish: one line for each command and option.</summary>
internal static class FishScript
{
    /// <summary>The script.</summary>
    internal static string Write(CompletionTree tree)
    {
        var script = new StringBuilder("# fish completion for veil\ncomplete -c veil -f\n");
        foreach (var command in tree.All)
        {
            string condition = ConditionOf(command);
            foreach (var child in command.Children)
            {
                script.Append($"complete -c veil -n '{condition}' -a {child.Name} -d '{child.Description}'\n");
            }

            foreach (var option in command.Options)
            {
                AppendOption(script, condition, option);
            }

            if (command.Argument != ValueKind.None && command.Children.Count == 0)
            {
                script.Append($"complete -c veil -n '{condition}'{Value(command.Argument, command.ArgumentWords)}\n");
            }
        }

        return script.ToString();
    }

    private static void AppendOption(StringBuilder script, string condition, CompletedOption option)
    {
        script.Append($"complete -c veil -n '{condition}'");
        foreach (string name in option.Names)
        {
            script.Append(name.StartsWith("--", StringComparison.Ordinal) ? $" -l {name[2..]}"
                : name.Length == 2 ? $" -s {name[1]}" : $" -o {name[1..]}");
        }

        string value = option.Kind == ValueKind.None ? string.Empty : $" -r{Value(option.Kind, option.Words)}";
        script.Append($"{value} -d '{option.Description}'\n");
    }

    // In a command with others under it: none of them was typed yet.
    private static string ConditionOf(CompletionTree command)
    {
        string seen = string.Concat(command.Path.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(name => $"__fish_seen_subcommand_from {name}; and "));
        return command.Children.Count == 0 ? seen[..^"; and ".Length]
            : $"{seen}not __fish_seen_subcommand_from {string.Join(' ', command.Children.Select(child => child.Name))}";
    }

    private static string Value(ValueKind kind, IReadOnlyList<string> words) => kind switch
    {
        ValueKind.File => " -F",
        ValueKind.Folder => " -a '(__fish_complete_directories)'",
        ValueKind.Roles => $" -a '(__fish_append , {string.Join(' ', CompletionTree.Roles)})'",
        ValueKind.Words => $" -a '{string.Join(' ', words)}'",
        _ => string.Empty,
    };
}
