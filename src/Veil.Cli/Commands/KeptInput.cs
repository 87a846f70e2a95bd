using System.CommandLine;
using Veil.Cli.Output;
using Veil.Content.Keeping;
using Veil.Content.Keys;

namespace Veil.Cli.Commands;

/// <summary>How a command is told what to check or to keep: by a content key, or by a repair key.</summary>
internal sealed class KeptInput
{
    private const int MaxCharacters = 4096;

    private readonly KeyInput _key = new("key", "the content key, a link to it, a repair key, or - for standard input");
    private readonly Option<string?> _repairKey = new("--repair-key")
    {
        Description = "read a repair key from a file, or - for standard input: it keeps alive and cannot read",
        HelpName = "FILE",
    };

    /// <summary>The argument and the options.</summary>
    internal IEnumerable<Symbol> Symbols => [.. _key.Symbols, _repairKey];

    /// <summary>The text of the key, checked.</summary>
    /// <exception cref="CliFailure">There is none, or it is mistyped.</exception>
    internal async Task<string> ReadAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string? file = invocation.Parsed.GetValue(_repairKey);
        if (file is not null && _key.IsGiven(invocation))
        {
            // Whichever was left out would be thought kept.
            throw new CliFailure(
                ExitCodes.Usage, "usage", "the key is given twice", $"name one thing, or give {_repairKey.Name} FILE");
        }

        string text = file is null
            ? await _key.ReadTextAsync(invocation, cancellationToken)
            : await ReadFileAsync(invocation, file, cancellationToken);
        string? mistake = null;
        if (file is not null || RepairKey.IsMeant(text))
        {
            mistake = RepairKey.TryParse(text, out _, out string error) ? null : error;
        }
        else if (!ContentKey.TryParse(text, out _, out var fault))
        {
            mistake = fault.Message;
        }

        return mistake is null
            ? text
            : throw new CliFailure(ExitCodes.Usage, "bad_key", mistake, "paste the key again, the whole of it");
    }

    private static async Task<string> ReadFileAsync(
        Invocation invocation,
        string file,
        CancellationToken cancellationToken)
    {
        try
        {
            using var opened = file == "-" ? null : new StreamReader(file);
            var buffer = new char[MaxCharacters];
            int count = await (opened ?? invocation.Terminal.In).ReadBlockAsync(buffer, cancellationToken);
            return new string(buffer.AsSpan(0, count).Trim());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(
                ExitCodes.Failed, "no_file", $"the file {file} cannot be read", "check its path and your rights");
        }
    }
}
