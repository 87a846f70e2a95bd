using System.IO.Pipelines;
using Xunit;
using Veil.Circuits.Client;
using Veil.Circuits.Streams;
using Veil.Wire;

namespace Veil.Tests.Circuits;

public sealed class ClientCircuitTests
{
    [Fact]
    public async Task Bytes_pass_three_hops_and_a_branch_and_come_back()
    {
        await using var rig = new RelayRig(4);
        using var circuit = await rig.BuildAsync(0, 1, 2);
        var branch = await circuit.BranchAsync(rig.Relays[3].Hop, TestContext.Current.CancellationToken);
        var stream = branch.Open(ServiceId.Store);

        var sent = new byte[3_000_001];
        for (int index = 0; index < sent.Length; index++)
        {
            sent[index] = (byte)(index % 251);
        }

        var received = await ExchangeAsync(stream, sent);

        Assert.Equal(sent, received);
        Assert.Empty(rig.Faults);
    }

    internal static async Task<byte[]> ExchangeAsync(CircuitStream stream, byte[] sent)
    {
        var writing = WriteAsync(stream, sent);
        using var received = new MemoryStream();
        await stream.Input.CopyToAsync(received, TestContext.Current.CancellationToken);
        await writing;
        await stream.Input.CompleteAsync();
        return received.ToArray();
    }

    private static async Task WriteAsync(CircuitStream stream, byte[] sent)
    {
        for (int offset = 0; offset < sent.Length; offset += 50_000)
        {
            await stream.Output.WriteAsync(sent.AsMemory(offset, Math.Min(50_000, sent.Length - offset)));
        }

        await stream.Output.CompleteAsync();
    }
}
