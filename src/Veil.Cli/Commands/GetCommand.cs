using System.CommandLine;
using Veil.Cli.Files;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil get`: fetches a file or folder.</summary>
internal static class GetCommand
{
    private const string Standard = "-";

    internal static Command Create(CommandFrame frame)
    {
        var key = new KeyInput();
        var output = new Option<string?>("--output", "-o")
        {
            Description = "where it goes: a place, a folder for it, or - for standard output (default: here)",
            HelpName = "OUT",
        };
        var paths = new PathsInput();
        var force = new Option<bool>("--force", "-f") { Description = "replace a file that is there" };
        return frame.Create(
            "get",
            "Fetch what a key or name stands for. It appears under its name only when all of it is there, verified and "
            + "on disk; with -o - every byte is verified before it is handed on. What came of a run that ended early "
            + $"is kept beside it, and the same command goes on from there. {KeyInput.Advice}\n\n"
            + "Examples:\n  veil get - -o holiday.jpg < holiday.key\n  veil get --key-file film.key -o film.mp4\n"
            + "  veil get --key-file photos.key --path 2026/june --path cover.jpg",
            [.. key.Symbols, output, paths.Option, force],
            async (invocation, cancellationToken) =>
            {
                string? place = invocation.Parsed.GetValue(output);
                if (place == Standard && invocation.Voice.Json)
                {
                    throw new CliFailure(
                        ExitCodes.Usage, "usage", "--json and -o - both want standard output", "name a file with -o");
                }

                string wanted = await key.ReadTargetAsync(invocation, cancellationToken);
                var request = new FetchRequest(wanted) { Paths = paths.Read(invocation) };
                return place == Standard
                    ? await CatCommand.RunAsync(invocation, request, cancellationToken)
                    : await RunAsync(
                        invocation, request, (place, invocation.Parsed.GetValue(force)), cancellationToken);
            });
    }

    private static async Task<int> RunAsync(
        Invocation invocation,
        FetchRequest request,
        (string? Place, bool Force) output,
        CancellationToken cancellationToken)
    {
        // What can be refused is refused before anything is fetched.
        string place = output.Place is null ? "." : Resolve(output.Place, name: null, output.Force);
        long began = invocation.Terminal.Time.GetTimestamp();
        using var client = invocation.Connect();
        long there = 0;
        ContentListing? listed = null;
        GetResult result;
        try
        {
            result = await ProgressLine.ShowAsync(invocation.Voice, async bar =>
            {
                bar.Set("looking for it", 0, 1);
                var listing = listed = await client.ListContentAsync(request, cancellationToken);

                // A name may stand for something else a moment later.
                request = request with { Key = listing.Key };
                string path = Resolve(place, listing.Name, output.Force);
                void Show(long written)
                {
                    there = written;
                    string progress = $"{ByteSize.Format(written)} of {ByteSize.Format(listing.Bytes)}";
                    bar.Set($"{progress} fetched and verified", written, listing.Bytes);
                }

                return listing.Files is null
                    ? await GetFileAsync(client, request, (path, output.Force), listing, Show, cancellationToken)
                    : await GetFolderAsync(client, request, path, listing, Show, cancellationToken);
            });
        }
        catch (Exception) when (there > 0)
        {
            invocation.Voice.Say($"{ByteSize.Format(there)} are kept: the same command goes on from there");
            throw;
        }

        result = result with
        {
            Seconds = Math.Round(invocation.Terminal.Time.GetElapsedTime(began).TotalSeconds, 3),
            Licence = listed!.Licence,
            RightsHolder = listed.RightsHolder,
            SignedBy = listed.SignedBy,
        };
        invocation.Voice.Print(result, CommandJson.Default.GetResult, writer => writer.WriteLine(result.Path));
        invocation.Voice.Say($"{ByteSize.Format(result.Bytes)} in {result.Seconds:0.0} s, " + (result.Files is { } files
            ? $"{files:N0} files"
            : $"sha256 {result.Sha256}"));
        StatementLines.Say(invocation, listed);
        return ExitCodes.Done;
    }

    private static async Task<GetResult> GetFileAsync(
        ControlClient client,
        FetchRequest request,
        (string Path, bool Force) output,
        ContentListing listing,
        Action<long> show,
        CancellationToken cancellationToken)
    {
        using var arriving = ArrivingFile.Resume(output.Path, (listing.Bytes, listing.Digest), show);
        await client.GetAsync(request with { Offset = arriving.Length }, _ => arriving, cancellationToken);
        arriving.Keep(output.Path, output.Force);
        return new GetResult(output.Path, listing.Bytes, arriving.TakeDigest(), 0);
    }

    private static async Task<GetResult> GetFolderAsync(
        ControlClient client,
        FetchRequest request,
        string path,
        ContentListing listing,
        Action<long> show,
        CancellationToken cancellationToken)
    {
        if (FileFacts.Of(path).Kind != FileKind.Missing)
        {
            throw ArrivingFile.Exists(path);
        }

        using var arriving = ArrivingFolder.Resume(path, listing, show);
        await client.GetAsync(request with { Offset = arriving.Length }, _ => arriving, cancellationToken);
        arriving.Keep(path);
        int files = listing.Files!.Count(file => !file.Path.EndsWith('/'));
        return new GetResult(path, listing.Bytes, null, 0) { Files = files };
    }

    // The full path of what is to be; of the folder where its name is not known yet.
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
}
