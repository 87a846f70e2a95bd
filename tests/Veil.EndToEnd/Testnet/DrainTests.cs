using System.Diagnostics;
using System.Globalization;
using Veil.Tools.Testnet.State;
using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>A relay in use that is stopped by a signal (spec/operating.md, section 4).</summary>
[Collection(RunningTestnet.Collection)]
public sealed class DrainTests(RunningTestnet network) : IClassFixture<RunningTestnet>
{
    private const string Relay = "store1";
    private const string Gateway = "gateway1";

    // More than the 10 s that other commands get for putting things away.
    private const int DrainSeconds = 12;
    private const int FileBytes = 200_000;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_relay_whose_circuits_do_not_end_drains_to_the_end_of_its_time_and_ends_with_0()
    {
        using var relay = await TakeOverAsync();
        var errors = relay.StandardError.ReadToEndAsync(Token);
        try
        {
            Assert.Equal("ready", await relay.StandardOutput.ReadLineAsync(Token));

            // The gateway keeps its circuits to stores for minutes.
            await UntilHoldsCircuitsAsync();
            var since = TimeProvider.System.GetTimestamp();
            await ToolProcess.RunProgramAsync("kill", "-TERM", relay.Id.ToString(CultureInfo.InvariantCulture));
            await relay.WaitForExitAsync(Token);
            var took = TimeProvider.System.GetElapsedTime(since);

            var said = await errors;
            Assert.True(relay.ExitCode == 0, $"{relay.ExitCode} after {took.TotalSeconds:0.0} s: {said}");
            Assert.True(took >= TimeSpan.FromSeconds(DrainSeconds), $"drained for {took.TotalSeconds:0.0} s: {said}");
            Assert.EndsWith("stopped", said.TrimEnd(), StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(network.Data(Relay), "control.sock")), "the socket was left");
            Assert.True(File.Exists(Path.Combine(network.Data(Relay), "volume")), "the volume was not written down");
        }
        finally
        {
            relay.Kill();
        }
    }

    // The same node as a process of the test's own, which learns how it ends.
    private async Task<Process> TakeOverAsync()
    {
        await network.DoAsync("kill", Relay);
        var command = new NetworkFolder(network.Folder).Plan().Nodes.Single(node => node.Name == Relay).Command;
        return ToolProcess.Start(command[0], [.. command.Skip(1), "--set", $"Limits:Drain={DrainSeconds}"]);
    }

    private async Task UntilHoldsCircuitsAsync()
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await network.AddAsync(Gateway, TestnetTests.Bytes(FileBytes));
            var status = await RunningTestnet.VeilAsync("status", "--data", network.Data(Relay));
            if (status.GetProperty("circuits").GetInt32() > 0)
            {
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(since) < _patience, "no circuit runs through the relay");
            await Task.Delay(_pause, TimeProvider.System, Token);
        }
    }
}
