using System.CommandLine;
using Veil.Cli.Commands;
using Veil.Cli.Files;
using Veil.Cli.Output;
using Veil.Node.Configuration;

namespace Veil.Cli.Eris;

/// <summary>`veil eris decode`: a file from its blocks.</summary>
internal static class DecodeCommand
{
    private const string Standard = "-";

    internal static Command Create(CommandFrame frame)
    {
        var urn = new UrnInput();
        var output = new Option<string>("--output", "-o")
        {
            Description = "the file to make, or - for standard output",
            HelpName = "OUT",
            Required = true,
        };
        var force = new Option<bool>("--force", "-f") { Description = "replace a file that is there" };
        return frame.CreateAlone(
            "decode",
            "Make a file from its blocks. It appears under its name only when all of it is there, verified and on "
            + $"disk; with -o - every byte is verified before it is handed on. {KeyInput.AdviceOn("urn")}\n\n"
            + "Examples:\n  veil eris decode - --blocks blocks -o holiday.jpg < holiday.urn\n"
            + "  veil eris decode --urn-file film.urn --blocks blocks -o - | mpv -",
            [.. urn.Symbols, output, force],
            async (invocation, cancellationToken) =>
            {
                string place = invocation.Parsed.GetValue(output)!;
                if (place == Standard && invocation.Voice.Json)
                {
                    throw new CliFailure(
                        ExitCodes.Usage, "usage", "--json and -o - both want standard output", "name a file with -o");
                }

                var (_, reading) = await urn.ReadAsync(invocation, cancellationToken);
                return await RunAsync(
                    invocation, reading, (place, invocation.Parsed.GetValue(force)), cancellationToken);
            });
    }

    private static async Task<int> RunAsync(
        Invocation invocation,
        ErisReading reading,
        (string Place, bool Force) output,
        CancellationToken cancellationToken)
    {
        bool isFile = output.Place != Standard;
        string path = Path.GetFullPath(output.Place);
        if (isFile && !output.Force && FileFacts.Of(path).Kind != FileKind.Missing)
        {
            throw ArrivingFile.Exists(output.Place);
        }

        long began = invocation.Terminal.Time.GetTimestamp();
        await ProgressLine.ShowAsync(invocation.Voice, async bar =>
        {
            void Show(long bytes) => bar.Set($"{ByteSize.Format(bytes)} decoded", 0, 1);
            using var arriving = isFile
                ? ArrivingFile.Begin(path, Show)
                : ArrivingFile.Through(invocation.Terminal.OpenOut(), Show);
            await reading.RunAsync(arriving, _ => { }, cancellationToken);
            if (!isFile)
            {
                arriving.Flush();
                return 0;
            }

            arriving.Keep(path, output.Force);
            double seconds = Math.Round(invocation.Terminal.Time.GetElapsedTime(began).TotalSeconds, 3);
            invocation.Voice.Print(
                new GetResult(path, reading.Bytes, arriving.TakeDigest(), seconds),
                CommandJson.Default.GetResult,
                writer => writer.WriteLine(path));
            return 0;
        });
        return ExitCodes.Done;
    }
}
