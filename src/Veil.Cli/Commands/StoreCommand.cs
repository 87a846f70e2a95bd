using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Control;
using Veil.Node.Status;

namespace Veil.Cli.Commands;

/// <summary>`veil store`: what the owner of a store does with it (spec/store.md, sections 11 and 12).</summary>
internal static class StoreCommand
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    internal static Command Create(CommandFrame frame) => new(
        "store",
        "The store of this node: check what it keeps for others, or hand it over before the node leaves for good.\n\n"
        + "Examples:\n  veil store scrub\n  veil store drain --wait\n  veil store drain --cancel")
    {
        CreateScrub(frame),
        CreateDrain(frame),
    };

    private static Command CreateScrub(CommandFrame frame) => frame.Create(
        "scrub",
        "Read every block of the store now and compare it with its name. Damaged ones are no longer served, and those "
        + "who keep content put them back. The store does the same by itself, slowly (Store:ScrubDays). When this "
        + "command is interrupted, the scrub goes on. Exit code 5 when something was damaged.\n\n"
        + "Examples:\n  veil store scrub\n  veil store scrub --json",
        [],
        async (invocation, cancellationToken) =>
        {
            using var client = invocation.Connect();
            var begun = await client.ScrubStoreAsync(cancellationToken);
            var scrub = await ProgressLine.ShowAsync(
                invocation.Voice,
                async line =>
                {
                    var now = begun.Scrub;
                    while (now.AtOnce)
                    {
                        await Task.Delay(Poll, invocation.Terminal.Time, cancellationToken);
                        var store = (await client.GetStatusAsync(cancellationToken)).Store;
                        now = store?.Scrub ?? now with { AtOnce = false };
                        line.Set($"{now.Checked} blocks read, {now.Bad} damaged", now.Checked, store?.Blocks ?? 0);
                    }

                    return now;
                });
            invocation.Voice.Print(
                new StoreScrubAnswer(scrub), ControlJson.Default.StoreScrubAnswer, static _ => { });
            invocation.Voice.Say($"{scrub.Checked} blocks read, {scrub.Bad} damaged");
            return scrub.Bad == 0 ? ExitCodes.Done : ExitCodes.VerificationFailed;
        });

    private static Command CreateDrain(CommandFrame frame)
    {
        var cancel = new Option<bool>("--cancel") { Description = "end the drain: the store takes new blocks again" };
        var wait = new Option<bool>("--wait") { Description = "return when the node may be stopped" };
        return frame.Create(
            "drain",
            "Prepare the store to leave the network for good: it takes no new blocks, goes on serving those it has, "
            + "and hands them to other stores over circuits, at Store:DrainRate. That goes on after a restart. veil "
            + "status says when other stores have everything and the node may be stopped; stopped before, what was "
            + "not handed over is lost unless somebody keeps it.\n\n"
            + "Examples:\n  veil store drain\n  veil store drain --wait && systemctl stop veil\n"
            + "  veil store drain --cancel",
            [cancel, wait],
            async (invocation, cancellationToken) =>
            {
                using var client = invocation.Connect();
                var answer = await client.DrainStoreAsync(
                    invocation.Parsed.GetValue(cancel), cancellationToken);
                var isWaiting = answer.Drain is { Done: false } && invocation.Parsed.GetValue(wait);
                if (isWaiting)
                {
                    answer = new StoreDrainAnswer(await WaitAsync(invocation, client, cancellationToken));
                }

                invocation.Voice.Print(answer, ControlJson.Default.StoreDrainAnswer, static _ => { });
                invocation.Voice.Say(Describe(answer.Drain));

                // Cancelled by another command meanwhile: whoever stops the node after this must not.
                return isWaiting && answer.Drain is null ? ExitCodes.Failed : ExitCodes.Done;
            });
    }

    private static Task<DrainDocument?> WaitAsync(
        Invocation invocation,
        ControlClient client,
        CancellationToken cancellationToken) => ProgressLine.ShowAsync(
            invocation.Voice,
            async line =>
            {
                while (true)
                {
                    var drain = (await client.GetStatusAsync(cancellationToken)).Store?.Drain;
                    if (drain is null or { Done: true })
                    {
                        return drain;
                    }

                    line.Set(Describe(drain), drain.Handed, drain.Handed + drain.Left + drain.Remaining);
                    await Task.Delay(Poll, invocation.Terminal.Time, cancellationToken);
                }
            });

    internal static string Describe(DrainDocument? drain) => drain switch
    {
        null => "the store is not drained: it takes new blocks",
        { Done: true } => $"drained: other stores have all {drain.Handed} blocks{Records(drain)}; "
            + "the node may be stopped",
        _ => $"draining: {drain.Handed} blocks handed over, {drain.Remaining} to go, {drain.Left} that no store took"
            + $"{Records(drain)}; do not stop the node yet",
    };

    private static string Records(DrainDocument drain) => (drain.RecordsHanded, drain.RecordsLeft) switch
    {
        (0, 0) => "",
        (var handed, 0) => $", and {handed} records of names",
        var (handed, left) => $", and {handed} records of names; no store took {left}",
    };
}
