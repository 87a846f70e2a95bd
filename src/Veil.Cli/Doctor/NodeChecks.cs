using System.Buffers;
using System.Net;
using Veil.Links.Tcp;
using Veil.Node.Control;
using Veil.Node.Status;
using Veil.Wire.Documents;

namespace Veil.Cli.Doctor;

/// <summary>What the running node says, and what can be seen of it from here.</summary>
internal static class NodeChecks
{
    private const string SynchronizedMark = "/run/systemd/timesync/synchronized";
    private const int EnoughRelays = 50;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);
    private static readonly DateTimeOffset Earliest = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The node's own account, or null when none answers.</summary>
    internal static async Task<(IReadOnlyList<Finding> Findings, StatusDocument? Status)> AskAsync(
        string socketPath,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var client = new ControlClient(socketPath);
            var status = await client.GetStatusAsync(either.Token);
            return ([StateOf(status), .. status.Problems
                .Where(problem => problem.Code != "network_too_small")
                .Select(problem => new Finding(
                    $"node: {problem.Code}",
                    problem.StopsService && status.State != NodeStatus.Starting ? Verdict.Fail : Verdict.Warn,
                    problem.Message,
                    problem.Hint))], status);
        }
        catch (ControlException none) when (none.Error.Code == ControlClient.NotRunning)
        {
            return ([new Finding("node", Verdict.Warn, none.Error.Message, none.Error.Hint)], null);
        }
        catch (ControlException failure)
        {
            return ([new Finding("node", Verdict.Fail, failure.Error.Message, failure.Error.Hint)], null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ([new Finding(
                "node", Verdict.Fail, $"the node does not answer within {AnswerLimit.TotalSeconds:0} s",
                "it may be overloaded; its log says more")], null);
        }
    }

    /// <summary>The clock: against the network's epochs where a node knows them, else only whether it can be
    /// right.</summary>
    internal static Finding Clock(StatusDocument? status, NetworkDefinition? network, TimeProvider time)
    {
        var now = time.GetUtcNow();
        if (now < Earliest)
        {
            return new Finding("clock", Verdict.Fail, $"the clock says {now:yyyy-MM-dd}",
                "set the clock: nothing works without");
        }

        if (status is { Epoch: > 0 } && network is not null)
        {
            // A consensus is published up to one epoch ahead, and serves up to two after its own.
            long ahead = checked((long)network.EpochAt(now) - (long)status.Epoch);
            return Math.Abs(ahead) <= 1
                ? new Finding("clock", Verdict.Ok, "agrees with the network's epochs")
                : new Finding(
                    "clock", Verdict.Warn,
                    $"by this clock the list of relays is {Math.Abs(ahead)} epochs {(ahead > 0 ? "old" : "early")}",
                    "compare the clock with another; if it is right, the authorities cannot be reached");
        }

        bool isSystemd = System.IO.Directory.Exists(Path.GetDirectoryName(SynchronizedMark));
        return isSystemd && !File.Exists(SynchronizedMark)
            ? new Finding("clock", Verdict.Warn, "the clock is not synchronised yet", "timedatectl set-ntp true")
            : new Finding("clock", Verdict.Ok, $"it is {now:yyyy-MM-dd HH:mm} UTC; compare it with another clock");
    }

    /// <summary>Whether the SOCKS port answers as one; null for a node that is no gateway.</summary>
    internal static async Task<Finding?> SocksAsync(
        StatusDocument status,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!IPEndPoint.TryParse(status.Socks ?? string.Empty, out var address))
        {
            return null;
        }

        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var transport = new TcpTransport();
            await using var connection = await transport.ConnectAsync(address, either.Token);

            // RFC 1928, section 3: version 5, one method, none; the answer chooses it.
            await connection.Transport.Output.WriteAsync(new byte[] { 5, 1, 0 }, either.Token);
            var answer = await connection.Transport.Input.ReadAtLeastAsync(2, either.Token);
            bool isSocks = answer.Buffer.Length == 2 && answer.Buffer.ToArray() is [5, 0];
            connection.Transport.Input.AdvanceTo(answer.Buffer.End);
            return isSocks
                ? new Finding("socks", Verdict.Ok, $"{address} answers")
                : new Finding("socks", Verdict.Fail, $"{address} answers, but not as SOCKS",
                    "another program has the port?");
        }
        catch (Exception fault) when (fault is IOException
            || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new Finding(
                "socks", Verdict.Fail, $"{address} does not answer",
                "a firewall on loopback? the node's log says more");
        }
    }

    /// <summary>Whether there is a crowd to hide in.</summary>
    internal static Finding? Size(StatusDocument status) => status.Relays switch
    {
        0 => null,
        < EnoughRelays => new Finding(
            "network size", Verdict.Warn, $"{status.Relays} relays are too few to hide anybody",
            "use it to try Veil out, and not where being found would hurt"),
        _ => new Finding("network size", Verdict.Ok, $"{status.Relays} relays"),
    };

    private static Finding StateOf(StatusDocument status) => new(
        "node",
        status.State switch
        {
            NodeStatus.Ready => Verdict.Ok,
            NodeStatus.Degraded => Verdict.Fail,
            _ => Verdict.Warn,
        },
        $"{status.State}, version {status.Version}",
        status.State == NodeStatus.Ready ? "" : "see what it says below, and its log");
}
