using System.CommandLine;
using Veil.Cli.Output;
using Veil.Content.Keys;
using Veil.Content.Names;

namespace Veil.Cli.Commands;

/// <summary>The three ways to give a key to a command, and why two of them are better.</summary>
internal sealed class KeyInput
{
    /// <summary>For the help of each command that takes a key.</summary>
    internal static string Advice { get; } = AdviceOn("key");

    // A key has 117 characters; a link to it some more.
    private const int MaxCharacters = 4096;

    private readonly string _noun;
    private readonly Symbol _symbol;
    private readonly Func<ParseResult, string?> _given;
    private readonly Option<string?> _file;

    /// <summary>Of a content key.</summary>
    internal KeyInput()
        : this(
            "key",
            "the content key, a name that ends with .veil, a link to either, or - to read it from standard input")
    {
    }

    /// <summary>Of something else that is as secret.</summary>
    /// <param name="noun">What it is called, one word.</param>
    /// <param name="description">For the help.</param>
    internal KeyInput(string noun, string description)
    {
        var argument = new Argument<string?>(noun.ToUpperInvariant())
        {
            Description = description,
            HelpName = noun.ToUpperInvariant(),
            Arity = ArgumentArity.ZeroOrOne,
        };
        _noun = noun;
        _symbol = argument;
        _given = parsed => parsed.GetValue(argument);
        _file = new Option<string?>($"--{noun}-file")
        {
            Description = $"read the {noun} from a file",
            HelpName = "FILE",
        };
    }

    private KeyInput(string noun, Option<string?> option)
        : this(noun, option.Description ?? "")
    {
        _symbol = option;
        _given = parsed => parsed.GetValue(option);
    }

    /// <summary>Of a second content key, which an option gives.</summary>
    internal static KeyInput OfOption(string noun, string description) =>
        new(noun, new Option<string?>($"--{noun}") { Description = description, HelpName = "KEY" });

    /// <summary>The same for something else that is as secret.</summary>
    internal static string AdviceOn(string noun) =>
        $"A {noun} on the command line is seen by other users of this machine (in the list of processes) and stays in "
        + $"the shell's history. Give it on standard input (-) or in a file (--{noun}-file) instead.";

    /// <summary>The argument, or the option in its place, and the option for a file.</summary>
    internal IEnumerable<Symbol> Symbols => [_symbol, _file];

    /// <summary>Whether one was given at all.</summary>
    internal bool IsGiven(Invocation invocation) =>
        _given(invocation.Parsed) is not null || invocation.Parsed.GetValue(_file) is not null;

    /// <summary>The key, checked.</summary>
    /// <exception cref="CliFailure">There is none, or it is mistyped.</exception>
    internal async Task<ContentKey> ReadAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string text = await ReadTextAsync(invocation, cancellationToken);
        return ContentKey.TryParse(text, out var key, out var error)
            ? key
            : throw new CliFailure(
                ExitCodes.Usage, "bad_key", error.Message, "paste the key again, the whole of it");
    }

    /// <summary>The text of a key or of a name, checked.</summary>
    /// <exception cref="CliFailure">There is none, or it is mistyped.</exception>
    internal async Task<string> ReadTargetAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string text = await ReadTextAsync(invocation, cancellationToken);
        return NameAddress.IsMeant(text) ? CheckName(text)
            : ContentKey.TryParse(text, out var key, out var error) ? key.Format()
            : throw new CliFailure(
                ExitCodes.Usage, "bad_key", error.Message, "paste the key again, the whole of it");
    }

    /// <summary>The text of a name, checked.</summary>
    /// <exception cref="CliFailure">There is none, or it is mistyped.</exception>
    internal async Task<string> ReadNameAsync(Invocation invocation, CancellationToken cancellationToken) =>
        CheckName(await ReadTextAsync(invocation, cancellationToken));

    private static string CheckName(string text) => NameAddress.TryParse(text, out var address, out var error)
        ? address.Format()
        : throw new CliFailure(
            ExitCodes.Usage, "bad_name", error.Message, "paste the name again, the whole of it");

    /// <summary>What was given, without white space around it.</summary>
    /// <exception cref="CliFailure">Nothing was, or too much.</exception>
    internal async Task<string> ReadTextAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string? given = _given(invocation.Parsed);
        string? file = invocation.Parsed.GetValue(_file);
        if ((given is null) == (file is null))
        {
            throw new CliFailure(
                ExitCodes.Usage,
                "usage",
                given is null ? $"no {_noun} is given" : $"the {_noun} is given twice",
                $"name it, or give - to type or pipe it in, or {_file.Name} FILE");
        }

        if (file is null && given != "-")
        {
            return given!.Trim();
        }

        if (file is null && invocation.Terminal is { ErrorIsTerminal: true, OutIsTerminal: true })
        {
            invocation.Voice.Say($"paste the {_noun} and press enter:");
        }

        using var opened = file is null ? null : Open(file);
        string text = await ReadSomeAsync(opened ?? invocation.Terminal.In, cancellationToken);
        return text.Length > 0
            ? text
            : throw new CliFailure(
                ExitCodes.Usage, $"bad_{_noun}", $"there is no {_noun} in what was read",
                    $"give a file or input with one {_noun} in it");
    }

    private StreamReader Open(string file)
    {
        try
        {
            return new StreamReader(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(
                ExitCodes.Failed,
                "no_file",
                $"the {_noun} file {file} cannot be read",
                "check its path and your rights");
        }
    }

    // The first line that is not empty: a person ends with enter, a pipe with its end.
    private async Task<string> ReadSomeAsync(TextReader reader, CancellationToken cancellationToken)
    {
        int seen = 0;
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            seen += line.Length + 1;
            if (seen > MaxCharacters)
            {
                throw new CliFailure(
                    ExitCodes.Usage,
                    $"bad_{_noun}",
                    $"this is too long for a {_noun}",
                    $"give the {_noun} and nothing else");
            }

            if (line.Trim() is { Length: > 0 } text)
            {
                return text;
            }
        }

        return string.Empty;
    }
}
