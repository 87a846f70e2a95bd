using System.Text;

namespace Veil.Cli.Completion;

/// <summary>Completion for zsh: a function for each command.</summary>
internal static class ZshScript
{
    /// <summary>The script.</summary>
    internal static string Write(CompletionTree tree)
    {
        var script = new StringBuilder("#compdef veil\n# zsh completion for veil\n\n");
        foreach (var command in tree.All)
        {
            AppendFunction(script, command);
        }

        // Sourced, it registers itself; in $fpath, compinit has done so and calls the file as the function.
        return script.Append("if [[ \"${funcstack[1]}\" == _veil ]]; then\n    _veil \"$@\"\nelse\n")
            .Append("    compdef _veil veil\nfi\n").ToString();
    }

    private static void AppendFunction(StringBuilder script, CompletionTree command)
    {
        script.Append($"{FunctionOf(command)}() {{\n    local context state state_descr line\n");
        script.Append("    typeset -A opt_args\n    _arguments -C \\\n");
        foreach (var option in command.Options)
        {
            string group = option.Names.Count > 1 ? $"({string.Join(' ', option.Names)})" : string.Empty;
            foreach (string name in option.Names)
            {
                string value = option.Kind == ValueKind.None
                    ? string.Empty
                    : $":value:{Action(option.Kind, option.Words)}";
                script.Append($"        '{group}{name}[{Escape(option.Description)}]{value}' \\\n");
            }
        }

        if (command.Children.Count == 0)
        {
            // A specification for what nobody can complete would compete with the options.
            string argument = command.Argument is ValueKind.None or ValueKind.Free
                ? string.Empty
                : $"        '1:argument:{Action(command.Argument, command.ArgumentWords)}' \\\n";
            script.Append($"{argument}        && return 0\n}}\n\n");
            return;
        }

        script.Append("        '1:command:->command' '*::rest:->rest' && return 0\n    case \"$state\" in\n");
        script.Append("        command)\n            local -a commands=(\n");
        foreach (var child in command.Children)
        {
            script.Append($"                '{child.Name}:{Escape(child.Description)}'\n");
        }

        script.Append("            )\n            _describe command commands ;;\n");
        script.Append("        rest)\n            case \"$line[1]\" in\n");
        foreach (var child in command.Children)
        {
            script.Append($"                {child.Name}) {FunctionOf(child)} ;;\n");
        }

        script.Append("            esac ;;\n    esac\n}\n\n");
    }

    private static string FunctionOf(CompletionTree command) =>
        command.Path.Length == 0 ? "_veil" : $"_veil_{command.Path.Replace(' ', '_')}";

    private static string Escape(string text) => text.Replace(":", "\\:", StringComparison.Ordinal);

    private static string Action(ValueKind kind, IReadOnlyList<string> words) => kind switch
    {
        ValueKind.File => "_files",
        ValueKind.Folder => "_files -/",
        ValueKind.Roles => $"_values -s , role {string.Join(' ', CompletionTree.Roles)}",
        ValueKind.Words => $"({string.Join(' ', words.Select(Escape))})",
        _ => " ",
    };
}
