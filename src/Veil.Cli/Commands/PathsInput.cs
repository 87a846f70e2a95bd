using System.CommandLine;

namespace Veil.Cli.Commands;

/// <summary>Which files of a folder are meant.</summary>
internal sealed class PathsInput
{
    private readonly Option<string[]> _option = new("--path")
    {
        Description = "of a folder: only this file, or what is in this folder of it; may be given several times",
        HelpName = "PATH",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>The option.</summary>
    internal Symbol Option => _option;

    /// <summary>The paths that were given.</summary>
    internal string[] Read(Invocation invocation) => invocation.Parsed.GetValue(_option) ?? [];
}
