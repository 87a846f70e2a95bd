using Veil.Tools.Testnet.State;
using Veil.Wire.Seams;

namespace Veil.Tools.Testnet.Commands;

/// <summary>Whether every gateway can fetch: a file published at the first comes back at each.</summary>
internal sealed class FetchCheck(VeilProgram veil, NetworkFolder folder, DecisionSource decisions, TimeProvider time)
{
    // Two stripes and an odd rest, so that a fetch visits several stores.
    private const int FileBytes = (17 * 32_768) + 1;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Tries again until it works.</summary>
    /// <exception cref="TestnetFailure">The time is over.</exception>
    internal async Task RunAsync(IReadOnlyList<NodePlan> gateways, CancellationToken deadline)
    {
        if (gateways.Count == 0)
        {
            return;
        }

        var sent = new byte[FileBytes];
        decisions.Fill(sent);
        var file = folder.At("check.bin");
        await File.WriteAllBytesAsync(file, sent, deadline);
        var key = "";
        await UntilAsync(
            gateways[0],
            async token =>
            {
                (var made, var reason) = await veil.AddAsync(gateways[0], file, token);
                key = made ?? "";
                return made is null ? reason : null;
            },
            deadline);
        await Task.WhenAll(gateways.Select(gateway => FetchAsync(gateway, key, sent, deadline)));
        File.Delete(file);
    }

    private async Task FetchAsync(NodePlan gateway, string key, byte[] sent, CancellationToken deadline)
    {
        var copy = folder.At($"check-{gateway.Name}.bin");
        await UntilAsync(
            gateway,
            async token =>
            {
                File.Delete(copy);
                var reason = await veil.GetAsync(gateway, key, copy, token);
                return reason is not null ? reason
                    : (await File.ReadAllBytesAsync(copy, token)).AsSpan().SequenceEqual(sent) ? null
                    : "what it fetched is not what was published";
            },
            deadline);
        File.Delete(copy);
    }

    /// <param name="gateway">Who is asked, for the message.</param>
    /// <param name="attempt">Gives the reason of a failure, or null.</param>
    /// <param name="deadline">When to give up.</param>
    private async Task UntilAsync(
        NodePlan gateway,
        Func<CancellationToken, Task<string?>> attempt,
        CancellationToken deadline)
    {
        var reason = "no attempt came to its end";
        while (true)
        {
            try
            {
                if (await attempt(deadline) is not { } failed)
                {
                    return;
                }

                reason = failed;
                await Task.Delay(_pause, time, deadline);
            }
            catch (OperationCanceledException)
            {
                Voice.Say($"the last lines of {gateway.Output}:\n{NodeStarter.Tail(gateway.Output)}");
                throw new TestnetFailure(
                    ExitCodes.Failed,
                    "cannot_fetch",
                    $"{gateway.Name} can not share a file: {reason}",
                    $"see {gateway.Output}");
            }
        }
    }
}
