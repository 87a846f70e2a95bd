using System.CommandLine;
using Veil.Cli.Commands;
using Veil.Cli.Output;
using Veil.Content.Eris;
using Veil.Node.Configuration;

namespace Veil.Cli.Eris;

/// <summary>What <c>decode</c> and <c>verify</c> share: the capability, where its blocks are, and how large it may be.
/// </summary>
internal sealed class UrnInput
{
    private const string DefaultSize = "64GiB";

    private readonly KeyInput _urn = new("urn", "the capability, urn:eris:..., or - to read it from standard input");

    private readonly Option<string> _blocks = new("--blocks", "-b")
    {
        Description = "the folder with the blocks",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<string> _maxSize = new("--max-size")
    {
        Description = "refuse what is larger: few blocks can stand for terabytes",
        HelpName = "SIZE",
        DefaultValueFactory = _ => DefaultSize,
    };

    /// <summary>The argument and the options.</summary>
    internal IEnumerable<Symbol> Symbols => [.. _urn.Symbols, _blocks, _maxSize];

    /// <summary>What was given, checked.</summary>
    /// <exception cref="CliFailure">Something is mistyped or missing.</exception>
    internal async Task<(ReadCapability Capability, ErisReading Reading)> ReadAsync(
        Invocation invocation,
        CancellationToken cancellationToken)
    {
        string given = invocation.Parsed.GetValue(_maxSize)!;
        if (!ByteSize.TryParse(given, out long maxBytes) || maxBytes > ErisLayout.MaxContentBytes)
        {
            throw new CliFailure(
                ExitCodes.Usage, "bad_value", $"{given} is no size", "write one like 500MiB or 2GiB, 4 TiB at most");
        }

        string text = await _urn.ReadTextAsync(invocation, cancellationToken);
        if (!ReadCapability.TryParseUrn(text, out var capability))
        {
            throw new CliFailure(
                ExitCodes.Usage,
                "bad_urn",
                "this is no ERIS capability",
                "it begins with urn:eris: and goes on with 106 capital letters and digits: paste all of it");
        }

        var folder = BlockFolder.Open(invocation.Parsed.GetValue(_blocks)!);
        return (capability!, new ErisReading(folder, capability!, maxBytes));
    }
}
