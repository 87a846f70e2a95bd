using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil keep`, `veil unkeep` and `veil repair-key`: what this node keeps alive.</summary>
internal static class KeepCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var input = new KeptInput();
        var now = new Option<bool>("--now") { Description = "make a round at once, all of it, and wait for it" };
        var noGrace = new Option<bool>("--no-grace")
        {
            Description = "with --now: put back what is on stores that cannot be reached, too, for who knows that they "
                + "are gone",
        };
        return frame.Create(
            "keep",
            "Keep what a key names alive: from now on this node renews its leases and puts back what stores lose, "
            + "a round a day (Keeping:Interval), as long as it runs now and then. With a repair key it does so and "
            + "cannot read. "
            + $"{KeyInput.Advice}\n\n"
            + "Examples:\n  veil keep - < film.key\n  veil keep --repair-key film.repair\n"
            + "  veil keep --now --key-file film.key",
            [.. input.Symbols, now, noGrace],
            async (invocation, cancellationToken) =>
            {
                string key = await input.ReadAsync(invocation, cancellationToken);
                var request = new KeepRequest(
                    key, invocation.Parsed.GetValue(now), invocation.Parsed.GetValue(noGrace));
                if (request.NoGrace && !request.Now)
                {
                    throw new CliFailure(
                        ExitCodes.Usage, "usage", "--no-grace is of a round that is made at once", "add --now");
                }

                using var client = invocation.Connect();
                var kept = await ProgressLine.ShowAsync(invocation.Voice, bar =>
                {
                    bar.Set(request.Now ? "checking, renewing, putting back" : "looking for it", 0, 1);
                    return client.KeepAsync(request, cancellationToken);
                });
                invocation.Voice.Print(kept, ControlJson.Default.KeepAnswer, output => output.WriteLine(kept.Id));
                string name = kept.Name.Length > 0 ? $" {kept.Name}" : "";
                invocation.Voice.Say(kept.Added ? $"kept from now on:{name} ({kept.Id})" : "it was kept already");
                if (kept.Round is { } round) Say(invocation.Voice, round);
                return kept.Round is null or { Left.Healthy: true } ? ExitCodes.Done : ExitCodes.Failed;
            });
    }

    internal static Command CreateUnkeep(CommandFrame frame)
    {
        var keep = new KeyInput("key", "the id that veil keeps prints, the content key, a repair key, or -");
        return frame.Create(
            "unkeep",
            "Keep something alive no longer. It is not taken away: stores keep the blocks until their leases end (60 "
            + $"days at most), and others may keep it, too. {KeyInput.Advice}\n\n"
            + "Examples:\n  veil unkeep 3f9a0c11d2\n  veil unkeep - < film.key",
            keep.Symbols,
            async (invocation, cancellationToken) =>
            {
                string wanted = await keep.ReadTextAsync(invocation, cancellationToken);
                using var client = invocation.Connect();
                var gone = await client.UnkeepAsync(wanted, cancellationToken);
                invocation.Voice.Print(gone, ControlJson.Default.UnkeepAnswer, static _ => { });
                string name = gone.Name.Length > 0 ? $"{gone.Name} ({gone.Id})" : gone.Id;
                invocation.Voice.Say($"kept no longer: {name}");
                return ExitCodes.Done;
            });
    }

    internal static Command CreateRepairKey(CommandFrame frame)
    {
        var key = new KeyInput();
        return frame.Create(
            "repair-key",
            "Print the repair key of what a content key opens: whoever has it can keep the content alive with veil "
            + $"keep --repair-key, and cannot read it. {KeyInput.Advice}\n\n"
            + "Examples:\n  veil repair-key - < film.key > film.repair",
            key.Symbols,
            async (invocation, cancellationToken) =>
            {
                var wanted = await key.ReadAsync(invocation, cancellationToken);
                using var client = invocation.Connect();
                var answer = new RepairKeyAnswer(await client.GetRepairKeyAsync(wanted.Format(), cancellationToken));
                invocation.Voice.Print(
                    answer, ControlJson.Default.RepairKeyAnswer, output => output.WriteLine(answer.RepairKey));
                return ExitCodes.Done;
            });
    }

    private static void Say(Voice voice, RoundDocument round)
    {
        voice.Say(round.Verdict switch
        {
            "healthy" => "nothing had to be put back",
            "waiting" => "nothing is put back yet: what is missing may be on stores that come back within the grace",
            "own_connection" => "nothing is put back: most stores did not answer, so this node's connection is the "
                + "likelier cause",
            _ => $"{round.Stored:N0} shares and copies put back"
                + (round.RepairsFailed > 0 ? $", {round.RepairsFailed:N0} stripes or blocks not wholly" : ""),
        });
        voice.Say($"{round.Renewed:N0} leases renewed, in {round.Seconds:0.0} s");
        voice.Say(CheckCommand.Describe(round.Left));
    }
}
