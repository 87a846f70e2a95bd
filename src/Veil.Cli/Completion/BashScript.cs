using System.Text;

namespace Veil.Cli.Completion;

/// <summary>Completion for bash: one function, without calling the program.</summary>
internal static class BashScript
{
    /// <summary>The script.</summary>
    internal static string Write(CompletionTree tree)
    {
        var script = new StringBuilder();
        script.Append(
            """
            # bash completion for veil
            _veil() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
                local command="" word index kind="" words="" options=""
                # What readline holds for the beginning of the word: colons and equals signs break words.
                for ((index = 1; index < COMP_CWORD; index++)); do
                    word="${COMP_WORDS[index]}"
                    case "$command $word" in

            """);
        foreach (var command in tree.All.Where(command => command.Path.Length > 0))
        {
            string parent = command.Path[..^command.Name.Length].TrimEnd();
            script.Append($"            \"{parent} {command.Name}\") command=\"{command.Path}\" ;;\n");
        }

        script.Append("        esac\n    done\n    case \"$command\" in\n");
        foreach (var command in tree.All)
        {
            AppendCommand(script, command);
        }

        script.Append(
            """
                esac
                case "$kind" in
                    file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
                    folder) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
                    list)
                        local before=""
                        [[ "$current" == *,* ]] && before="${current%,*},"
                        compopt -o nospace
                        mapfile -t COMPREPLY < <(compgen -P "$before" -W "$words" -- "${current##*,}") ;;
                    words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
                    free) COMPREPLY=() ;;
                esac
            }
            complete -F _veil veil

            """);
        return script.Replace("\r\n", "\n").ToString();
    }

    private static void AppendCommand(StringBuilder script, CompletionTree command)
    {
        string children = string.Join(' ', command.Children.Select(child => child.Name));
        string options = string.Join(' ', command.Options.SelectMany(option => option.Names).Distinct());
        script.Append($"        \"{command.Path}\")\n            options=\"{options}\"\n");
        script.Append("            case \"$previous\" in\n");
        foreach (var option in command.Options.Where(option => option.Kind != ValueKind.None))
        {
            string names = string.Join('|', option.Names);
            script.Append($"                {names}) {Assign(option.Kind, option.Words)} ;;\n");
        }

        // A dash asks for options; else the argument, or the commands under this one.
        script.Append("            esac\n            if [[ -z \"$kind\" ]]; then\n");
        script.Append("                if [[ \"$current\" == -* ]]; then kind=words; words=\"$options\"\n");
        string rest = command.Children.Count > 0 ? $"kind=words; words=\"{children}\""
            : command.Argument == ValueKind.None ? "kind=words; words=\"$options\""
            : Assign(command.Argument, command.ArgumentWords);
        script.Append($"                else {rest}; fi\n            fi ;;\n");
    }

    private static string Assign(ValueKind kind, IReadOnlyList<string> words) => kind switch
    {
        ValueKind.File => "kind=file",
        ValueKind.Folder => "kind=folder",
        ValueKind.Roles => $"kind=list; words=\"{string.Join(' ', CompletionTree.Roles)}\"",
        ValueKind.Words => $"kind=words; words=\"{string.Join(' ', words)}\"",
        _ => "kind=free",
    };
}
