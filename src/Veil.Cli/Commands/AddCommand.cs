using System.CommandLine;
using Veil.Cli.Files;
using Veil.Cli.Output;
using Veil.Content.Stripes;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil add`: shares a file or folder.</summary>
internal static class AddCommand
{
    // What a store grants; from then on it may drop what nobody renewed (spec/store.md, section 4).
    private const int LeaseDays = 60;

    internal static Command Create(CommandFrame frame)
    {
        var path = new Argument<string>("PATH") { Description = "the file or folder to share", HelpName = "PATH" };
        var share = new ShareInput();
        return frame.Create(
            "add",
            "Share a file or folder: it is encrypted here, and its blocks are handed to stores over circuits. Prints "
            + "the key; whoever has it can read it, and nobody else can. Ends with 0 only when every share that "
            + "counts is on some store's disk; from then on this machine is not needed any more. Run again within a "
            + "day after a crash or interruption, it goes on from where it was. It cannot be taken back. "
            + $"Stores keep it for {LeaseDays} days, and longer while somebody keeps it.\n\n"
            + "Examples:\n  veil add holiday.jpg --strip-metadata\n  veil add film.mp4 > film.key\n"
            + "  veil add photos/ --json\n  veil add song.flac --licence CC-BY-4.0 --rights-holder \"A. Singer\"",
            [path, .. share.Symbols],
            async (invocation, cancellationToken) =>
            {
                var request = await share.ReadAsync(
                    invocation, invocation.Parsed.GetRequiredValue(path), own: null, cancellationToken);
                using var signer = request.Signer;
                using var client = invocation.Connect();
                var result = await ShareAsync(invocation, client, request, cancellationToken);
                invocation.Voice.Print(
                    result, ControlJson.Default.AddResult, output => output.WriteLine(result.Key));
                return ExitCodes.Done;
            });
    }

    /// <summary>Shares a file or folder with a bar on the screen, and says how it went.</summary>
    internal static async Task<AddResult> ShareAsync(
        Invocation invocation,
        ControlClient client,
        ShareRequest request,
        CancellationToken cancellationToken)
    {
        if (FileFacts.Of(Path.GetFullPath(request.Path)).Kind == FileKind.Folder)
        {
            // Before it is looked through: a whole home takes its time.
            RefuseSecret(invocation, request, []);
            using var folder = SharedFolder.Open(request.Path, request.Clean);
            RefuseSecret(invocation, request, folder.Places);
            Announce(invocation, $"{folder.Index.Entries.Count:N0} files, {ByteSize.Format(folder.Index.Length)}");
            if (folder.LeftOut > 0)
            {
                invocation.Voice.Say($"{folder.LeftOut:N0} links and special files are left out");
            }

            ShareNotice.Say(invocation, request, [.. folder.Places], folder.Cleaned);
            var contents = new AddFile(folder.Name, folder.Index.Length, folder.ReadAsync)
            {
                Folder = folder.Index,
                Token = folder.Token,
            };
            return await SendAsync(invocation, client, With(contents, request), cancellationToken);
        }

        using var file = SharedFile.Open(request.Path, request.Clean);
        RefuseSecret(invocation, request, [Path.GetFullPath(request.Path)]);
        Announce(invocation, ByteSize.Format(file.Length));
        ShareNotice.Say(invocation, request, [Path.GetFullPath(request.Path)], file.IsCleaned ? 1 : 0);
        var content = new AddFile(file.Name, file.Length, file.ReadAsync) { Token = file.Token };
        return await SendAsync(invocation, client, With(content, request), cancellationToken);
    }

    private static AddFile With(AddFile file, ShareRequest request) => file with
    {
        Level = request.Level,
        Token = file.Token is { } token && request.Level != ParityLevel.Full
            ? ContentToken.Of(token, ParityLevelText.Format(request.Level))
            : file.Token,
        Statements = request.Statements,
        Signer = request.Signer is { } key ? new AddSigner(key.Address, key.SignManifest) : null,
    };

    private static void RefuseSecret(Invocation invocation, ShareRequest what, IEnumerable<string> places)
    {
        if (!what.AllowSecrets && SecretPlaces.Find(what.Path, invocation.Paths, places) is { } secret)
        {
            throw new CliFailure(
                ExitCodes.Failed, "looks_secret", $"{secret} looks like something that nobody else should have",
                "what is shared cannot be taken back: leave it out, or say --allow-secrets");
        }
    }

    private static void Announce(Invocation invocation, string what) => invocation.Voice.Say(
        $"sharing {what}. Whoever has the key can read it, and it cannot be taken back; stores keep it for {LeaseDays} "
        + "days unless somebody keeps it longer");

    private static async Task<AddResult> SendAsync(
        Invocation invocation,
        ControlClient client,
        AddFile file,
        CancellationToken cancellationToken)
    {
        var result = await ProgressLine.ShowAsync(invocation.Voice, bar => client.AddAsync(
            file,
            progress => Show(bar, progress),
            cancellationToken));
        invocation.Voice.Say(
            $"shared {result.Name}, {ByteSize.Format(result.Bytes)}, in {result.Seconds:0.0} s: "
            + $"{result.SharesAcked:N0} of {result.Shares:N0} shares are safe; "
            + (result.StoresMayBeLost == 1 ? "any 1 store" : $"any {result.StoresMayBeLost} stores") + " may be lost");
        if (result.Id is null)
        {
            invocation.Voice.Say("the node could not remember it: keep the key, it cannot be had again");
        }

        return result;
    }

    // Reading is ahead of the stores by a few stripes only, so what is waited for is always the stores.
    private static void Show(ProgressLine bar, AddProgress progress) => bar.Set(
        progress.BytesRead < progress.Bytes
            ? $"{ByteSize.Format(progress.BytesRead)} of {ByteSize.Format(progress.Bytes)} encrypted; "
                + $"{progress.SharesAcked:N0} of {progress.Shares:N0} shares are safe"
            : $"waiting for stores: {progress.SharesAcked:N0} of {progress.Shares:N0} shares are safe",
        progress.SharesAcked,
        progress.Shares);
}
