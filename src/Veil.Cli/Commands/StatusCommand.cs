using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Node.Control;
using Veil.Node.Status;

namespace Veil.Cli.Commands;

/// <summary>`veil status`: how the node is.</summary>
internal static class StatusCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var check = new Option<bool>("--check")
        {
            Description = "say nothing of a node that answers; exit 0 when it is ready, 1 when not, 3 when none runs",
        };
        return frame.Create(
            "status",
            "Say how the running node is: its state, roles, network, load, and what is wrong.\n\n"
            + "Examples:\n  veil status\n  veil status --json\n  veil status --check && veil add holiday.jpg",
            [check],
            (invocation, cancellationToken) => invocation.Parsed.GetValue(check)
                ? CheckAsync(invocation, cancellationToken)
                : RunAsync(invocation, cancellationToken));
    }

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var client = invocation.Connect();
        var status = await client.GetStatusAsync(cancellationToken);
        invocation.Voice.Print(status, ControlJson.Default.StatusDocument, output => Write(status, output));
        return ExitCodes.Done;
    }

    private static async Task<int> CheckAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var client = invocation.Connect();
        string state = (await client.GetStatusAsync(cancellationToken)).State;
        bool ready = state == NodeStatus.Ready;
        invocation.Voice.Print(new CheckResult(ready, state), CommandJson.Default.CheckResult, static _ => { });
        return ready ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static void Write(StatusDocument status, TextWriter output)
    {
        void Line(string name, string? value)
        {
            if (value is not null)
            {
                output.WriteLine($"{name,-10}{value}");
            }
        }

        Line("state", status.State);
        Line("name",
            $"{status.Name}, veil {status.Version}, process {status.Pid}, up {Duration(status.UptimeSeconds)}");
        Line("roles", status.Roles.Count == 0 ? "client" : string.Join(", ", status.Roles));
        Line("network",
            $"{status.Network}{(status.Lab ? " (lab)" : "")}: epoch {status.Epoch}, {status.Relays} relays, "
            + $"{status.Stores} of them stores");
        Line("identity", status.NodeId);
        Line("listens", status.Listen);
        Line("socks", status.Socks);
        Line("load", $"{status.Links} links, {status.Circuits} circuits, {status.Streams} streams");
        Line("memory", $"{ByteSize.Format(status.Memory.Used)} of {ByteSize.Format(status.Memory.Budget)} for cells");
        Line("store", status.Store is { } store
            ? $"{store.Blocks} blocks, {ByteSize.Format(store.Bytes)} of {ByteSize.Format(store.Quota)}, "
                + (store.Price == 0 ? "no stamps asked" : $"{store.Price} hashes asked for a block and day")
            : null);
        Line("scrub", status.Store?.Scrub is { } scrub ? DescribeScrub(scrub) : null);
        Line("drain", status.Store?.Drain is { } drain ? StoreCommand.Describe(drain) : null);
        foreach (var problem in status.Problems)
        {
            output.WriteLine();
            output.WriteLine($"{(problem.StopsService ? "problem" : "note")}: {problem.Message}");
            output.WriteLine($"hint: {problem.Hint}");
        }
    }

    private static string DescribeScrub(ScrubDocument scrub)
    {
        string now = scrub.Started is null ? "none under way" : $"{scrub.Checked} blocks read, {scrub.Bad} damaged";
        return scrub.LastFinished is { } last
            ? $"{now}; the last ended {DateTimeOffset.FromUnixTimeSeconds(last):yyyy-MM-ddTHH:mm:ssZ} and found "
                + $"{scrub.LastBad} damaged"
            : now;
    }

    private static string Duration(double seconds)
    {
        var span = TimeSpan.FromSeconds(seconds);
        return span.TotalDays >= 1 ? $"{(int)span.TotalDays} d {span.Hours} h"
            : span.TotalHours >= 1 ? $"{span.Hours} h {span.Minutes} min"
            : span.TotalMinutes >= 1 ? $"{span.Minutes} min"
            : $"{span.Seconds} s";
    }
}
