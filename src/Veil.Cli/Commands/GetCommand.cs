using System.CommandLine;
using Veil.Cli.Files;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil get`: fetches a file.</summary>
internal static class GetCommand
{
    private const string Standard = "-";

    internal static Command Create(CommandFrame frame)
    {
        var key = new KeyInput();
        var output = new Option<string?>("--output", "-o")
        {
            Description = "where it goes: a file, a folder, or - for standard output (default: its own name, here)",
            HelpName = "OUT",
        };
        var force = new Option<bool>("--force", "-f") { Description = "replace a file that is there" };
        return frame.Create(
            "get",
            "Fetch what a key or name stands for. The file appears under its name only when all of it is there, "
            + $"verified and on disk; with -o - every byte is verified before it is handed on. {KeyInput.Advice}\n\n"
            + "Examples:\n  veil get - -o holiday.jpg < holiday.key\n  veil get --key-file film.key -o film.mp4\n"
            + "  veil get --key-file film.key -o - | mpv -",
            [.. key.Symbols, output, force],
            async (invocation, cancellationToken) =>
            {
                string? place = invocation.Parsed.GetValue(output);
                if (place == Standard && invocation.Voice.Json)
                {
                    throw new CliFailure(
                        ExitCodes.Usage, "usage", "--json and -o - both want standard output", "name a file with -o");
                }

                string wanted = await key.ReadTargetAsync(invocation, cancellationToken);
                var request = new GetRequest(wanted, place, invocation.Parsed.GetValue(force));
                return await RunAsync(invocation, request, cancellationToken);
            });
    }

    private static async Task<int> RunAsync(
        Invocation invocation,
        GetRequest request,
        CancellationToken cancellationToken)
    {
        // What can be refused is refused before anything is fetched.
        string? path = request.Place is null or Standard ? null : Resolve(request.Place, name: null, request.Force);
        long began = invocation.Terminal.Time.GetTimestamp();
        using var client = invocation.Connect();
        ArrivingFile? arriving = null;
        try
        {
            var fetched = await ProgressLine.ShowAsync(invocation.Voice, bar =>
            {
                bar.Set("looking for it", 0, 1);
                return client.GetAsync(request.Key, file => arriving = Begin(file, bar), cancellationToken);
            });
            if (request.Place == Standard)
            {
                arriving!.Flush();
                return ExitCodes.Done;
            }

            arriving!.Keep(path!, request.Force);
            double seconds = Math.Round(invocation.Terminal.Time.GetElapsedTime(began).TotalSeconds, 3);
            var result = new GetResult(path!, fetched.Length, arriving.TakeDigest(), seconds);
            invocation.Voice.Print(result, CommandJson.Default.GetResult, writer => writer.WriteLine(result.Path));
            invocation.Voice.Say($"{ByteSize.Format(result.Bytes)} in {seconds:0.0} s, sha256 {result.Sha256}");
            return ExitCodes.Done;
        }
        finally
        {
            arriving?.Dispose();
        }

        ArrivingFile Begin(FetchedFile file, ProgressLine bar)
        {
            void Show(long written) => bar.Set(
                $"{ByteSize.Format(written)} of {ByteSize.Format(file.Length)} fetched and verified",
                written,
                file.Length);
            if (request.Place == Standard)
            {
                return ArrivingFile.Through(invocation.Terminal.OpenOut(), Show);
            }

            path = Resolve(path ?? ".", file.Name, request.Force);
            return ArrivingFile.Begin(path, Show);
        }
    }

    // The full path of the file to be; of the folder where its name is not known yet.
    private static string Resolve(string place, string? name, bool force)
    {
        string path = Path.GetFullPath(place);
        var kind = FileFacts.Of(path).Kind;
        if (kind == FileKind.Folder)
        {
            return name is null ? path : Resolve(Path.Combine(path, name), name: null, force);
        }

        if (kind is FileKind.Pipe or FileKind.Socket or FileKind.Device)
        {
            throw new CliFailure(
                ExitCodes.Failed, "not_a_file", $"{place} is there and is no file",
                    "name a file, or give -o - and redirect");
        }

        if (kind == FileKind.Regular && !force)
        {
            throw ArrivingFile.Exists(place);
        }

        return FileFacts.Of(Path.GetDirectoryName(path)!).Kind == FileKind.Folder
            ? path
            : throw new CliFailure(
                ExitCodes.Failed, "no_folder", $"there is no folder for {place}", "make the folder first");
    }

    private sealed record GetRequest(string Key, string? Place, bool Force);
}
