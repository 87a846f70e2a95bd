using System.Net;
using Veil.Circuits;
using Veil.Node.Observing;
using Veil.Node.Recording;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Node.Recording;

/// <summary>The lines of a recording (spec/operating.md, section 5).</summary>
public sealed class FileRecorderTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("veil-record-").FullName;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_line_has_time_node_kind_and_value_and_only_what_belongs_to_its_kind()
    {
        var lines = Record(recorder =>
        {
            recorder.SawAddress(Peer("10.0.0.2", 9301), incoming: false, PeerKind.Guard);
            recorder.SawAddress(Peer("10.0.0.3", 4000), incoming: true, PeerKind.Unknown);
            recorder.SawPlaintext(5);
        });

        Assert.Equal(
            [
                """{"t":1000.5,"node":"n","saw":"address","value":"out 10.0.0.2","as":"guard"}""",
                """{"t":1000.5,"node":"n","saw":"address","value":"in 10.0.0.3"}""",
                """{"t":1000.5,"node":"n","saw":"plaintext","value":"5"}""",
            ],
            lines);
    }

    [Fact]
    public void A_circuit_says_how_it_began_on_which_link_and_what_it_goes_on_from()
    {
        byte[] ephemeral = [.. Enumerable.Range(0, 16).Select(number => (byte)number)];
        var accepted = (new CircuitId(0x0a), (EndPoint?)Peer("10.0.0.3", 4000));
        var lines = Record(recorder =>
        {
            recorder.SawCircuit(ObservedCircuit.Of(
                new CircuitSighting(CircuitStep.Accepted, accepted.Item1, accepted.Item2), ephemeral));
            recorder.SawCircuit(ObservedCircuit.Of(
                new CircuitSighting(CircuitStep.Extended, new CircuitId(0x80000001), Peer("10.0.0.4", 9301))
                {
                    From = accepted,
                },
                ephemeral));
        });

        const string Key = "000102030405060708090a0b0c0d0e0f";
        Assert.Equal(
            [
                $$"""{"t":1000.5,"node":"n","saw":"circuit","value":"0000000a{{Key}}","step":"accepted","""
                    + "\"link\":\"10.0.0.3:4000\"}",
                $$"""{"t":1000.5,"node":"n","saw":"circuit","value":"80000001{{Key}}","step":"extended","""
                    + "\"link\":\"10.0.0.4:9301\",\"from\":\"0000000a@10.0.0.3:4000\"}",
            ],
            lines);
    }

    private static IPEndPoint Peer(string address, int port) => new(IPAddress.Parse(address), port);

    private string[] Record(Action<FileRecorder> see)
    {
        var path = Path.Combine(_folder, "record.jsonl");
        using (var recorder = new FileRecorder(path, "n", new StandingTime()))
        {
            see(recorder);
        }

        return File.ReadAllLines(path);
    }

    private sealed class StandingTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(1_000_500);
    }
}
