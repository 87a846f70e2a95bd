using System.CommandLine;
using Veil.Cli.Files;
using Veil.Cli.Output;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil cat`: a file's bytes on standard output.</summary>
internal static class CatCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var key = new KeyInput();
        var paths = new PathsInput();
        var range = new Option<string?>("--range", "-r")
        {
            Description = "only these bytes, counted from 0: FIRST-LAST, FIRST- to the end, or -COUNT for the last; "
                + "only what they lie in is fetched",
            HelpName = "RANGE",
        };
        return frame.Create(
            "cat",
            "Write the bytes of a file to standard output as they come; every byte is verified before it is handed on. "
            + $"Of a folder name the file with --path. {KeyInput.Advice}\n\n"
            + "Examples:\n  veil cat --key-file film.key | mpv -\n  veil cat --key-file photos.key --path readme.txt\n"
            + "  veil cat --key-file film.key --range 0-499",
            [.. key.Symbols, paths.Option, range],
            async (invocation, cancellationToken) =>
            {
                if (invocation.Voice.Json)
                {
                    throw new CliFailure(
                        ExitCodes.Usage, "usage", "--json and cat both want standard output", "veil get -o FILE");
                }

                string? part = invocation.Parsed.GetValue(range);
                if (part is not null && !ContentRange.TryParse(part, out _))
                {
                    throw new CliFailure(
                        ExitCodes.Usage, "bad_range", $"{part} is no range of bytes",
                        "give FIRST-LAST, FIRST- or -COUNT, as 0-499, 500- or -500");
                }

                string wanted = await key.ReadTargetAsync(invocation, cancellationToken);
                var request = new FetchRequest(wanted) { Paths = paths.Read(invocation), Range = part };
                return await RunAsync(invocation, request, cancellationToken);
            });
    }

    /// <summary>Writes what is asked for to standard output.</summary>
    internal static async Task<int> RunAsync(
        Invocation invocation,
        FetchRequest request,
        CancellationToken cancellationToken)
    {
        using var client = invocation.Connect();
        await using var output = ArrivingFile.Through(invocation.Terminal.OpenOut(), _ => { });
        await client.GetAsync(request with { OnlyFile = true }, _ => output, cancellationToken);
        output.Flush();
        return ExitCodes.Done;
    }
}
