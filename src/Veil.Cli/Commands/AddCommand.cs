using System.CommandLine;
using Veil.Cli.Files;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil add`: shares a file.</summary>
internal static class AddCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var path = new Argument<string>("PATH") { Description = "the file to share", HelpName = "PATH" };
        return frame.Create(
            "add",
            "Share a file: it is encrypted here, and its blocks are handed to stores over circuits. Prints the "
            + "key; whoever has it can read the file, and nobody else can. Ends with 0 only when every share that "
            + "counts is on some store's disk; from then on this machine is not needed any more.\n\n"
            + "Examples:\n  veil add holiday.jpg\n  veil add film.mp4 > film.key\n  veil add film.mp4 --json",
            [path],
            (invocation, cancellationToken) => RunAsync(
                invocation, invocation.Parsed.GetRequiredValue(path), cancellationToken));
    }

    private static async Task<int> RunAsync(Invocation invocation, string path, CancellationToken cancellationToken)
    {
        using var client = invocation.Connect();
        var result = await ShareAsync(invocation, client, path, cancellationToken);
        invocation.Voice.Print(result, ControlJson.Default.AddResult, output => output.WriteLine(result.Key));
        return ExitCodes.Done;
    }

    /// <summary>Shares a file with a bar on the screen, and says how it went.</summary>
    internal static async Task<AddResult> ShareAsync(
        Invocation invocation, ControlClient client, string path, CancellationToken cancellationToken)
    {
        using var file = SharedFile.Open(path);
        var result = await ProgressLine.ShowAsync(invocation.Voice, bar => client.AddAsync(
            new AddFile(file.Name, file.Length, file.ReadAsync),
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
