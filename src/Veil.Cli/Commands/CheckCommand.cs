using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil check`: how much of some content is there.</summary>
internal static class CheckCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var input = new KeptInput();
        return frame.Create(
            "check",
            "Count the shares of what a key names that stores have. Looks for all of them, by fetches like any other. "
            + "Ends with 0 when it is healthy (no stripe is down to the shares at which it is repaired, two thirds "
            + "with full redundancy), with 1 when it is not, with 4 when no store knows it. It fetches all that is "
            + $"stored, three times the content with full redundancy. {KeyInput.Advice}\n\n"
            + "Examples:\n  veil check - < film.key\n  veil check --key-file film.key --json\n"
            + "  veil check --repair-key film.repair",
            input.Symbols,
            async (invocation, cancellationToken) =>
            {
                string key = await input.ReadAsync(invocation, cancellationToken);
                using var client = invocation.Connect();
                var found = await ProgressLine.ShowAsync(invocation.Voice, bar =>
                {
                    bar.Set("looking for every share", 0, 1);
                    return client.CheckAsync(key, cancellationToken);
                });
                invocation.Voice.Print(
                    found, ControlJson.Default.CheckAnswer, output => output.WriteLine(Describe(found)));
                return found.Healthy ? ExitCodes.Done : ExitCodes.Failed;
            });
    }

    /// <summary>One line for a person.</summary>
    internal static string Describe(CheckAnswer found) =>
        $"{(found.Full ? "full" : found.Healthy ? "healthy" : "not healthy")}: "
        + $"{found.SharesPlaced:N0} of {found.SharesNeeded:N0} shares in {found.Stripes:N0} stripes"
        + Missing(found.SharesLost, found.SharesUnreachable)
        + $"; the worst stripe has {found.WorstStripe} of {found.WorstStripeShares} "
        + $"and needs {found.WorstStripeNeeds}; "
        + $"{found.CopiesPlaced:N0} of {found.CopiesNeeded:N0} copies in {found.CopiedBlocks:N0} blocks"
        + Missing(found.CopiesLost, found.CopiesUnreachable)
        + (found.StoresSilent > 0 ? $"; {found.StoresSilent} of {found.StoresAsked} stores did not answer" : "");

    private static string Missing(long lost, long unreachable) => (lost, unreachable) switch
    {
        (0, 0) => "",
        (_, 0) => $" ({lost:N0} lost)",
        (0, _) => $" ({unreachable:N0} unreachable)",
        _ => $" ({lost:N0} lost, {unreachable:N0} unreachable)",
    };
}
