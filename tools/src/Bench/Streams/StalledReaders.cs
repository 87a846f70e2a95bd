using System.Globalization;
using System.Net;
using System.Text.Json;
using Veil.Circuits.Client;
using Veil.Wire;
using Veil.Wire.Documents;
using Veil.Wire.Exits;

namespace Veil.Bench.Streams;

/// <summary>
/// A child process that holds circuits relay to exit, on each a stream to the target that sends numbered bytes. It
/// reads the first of them and stops; when the bench lets it go on, it reads and checks the rest. Its lines: how many
/// streams are open; how many came whole, how many did not, and how many bytes came.
/// </summary>
internal static class StalledReaders
{
    internal const string Role = "stalled";

    // Each client has its own budget of memory, which holds the windows of so many streams.
    private const int CircuitsPerClient = 100;
    private const int InFlight = 20;

    // What is read before the readers stop: the streams are under way.
    private const int FirstBytes = 64 * 1024;

    internal static async Task PlayAsync(string[] arguments)
    {
        var numbers = arguments[3..].Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var (target, count, bytes) = ((ushort)numbers[0], numbers[1], (long)numbers[2]);
        await using var client = await BenchClient.JoinAsync(arguments[0]);
        RelayEntry[] path = [
            await client.RelayAsync(new LabNode(arguments[1])), await client.RelayAsync(new LabNode(arguments[2]))];
        var circuits = new List<ClientCircuit>();
        var readers = new List<NumberedReader>();
        while (readers.Count < count)
        {
            var links = client.MakeLinks(CircuitsPerClient);
            int end = Math.Min(readers.Count + CircuitsPerClient, count);
            while (readers.Count < end)
            {
                var opened = await Task.WhenAll(Enumerable.Range(0, Math.Min(InFlight, end - readers.Count)).Select(
                    _ => OpenAsync(links, path, target, bytes)));
                circuits.AddRange(opened.Select(one => one.Circuit));
                readers.AddRange(opened.Select(one => one.Reader));
            }
        }

        Console.WriteLine(readers.Count);
        await ParentProcess.WaitForLineAsync();
        string?[] faults = await Task.WhenAll(readers.Select(reader => reader.TryReadAsync(bytes)));
        foreach (string fault in faults.OfType<string>().Distinct())
        {
            Console.Error.WriteLine($"bench: {fault}, {circuits.Count(circuit => circuit.IsClosed)} circuits closed by "
                + string.Join(", ", circuits.Select(circuit => circuit.ClosedBy).Distinct()));
        }

        var arrived = new Arrived(
            faults.Count(fault => fault is null),
            faults.Count(fault => fault is not null),
            readers.Sum(reader => reader.Place));
        Console.WriteLine(JsonSerializer.Serialize(arrived));
    }

    private static async Task<(ClientCircuit Circuit, NumberedReader Reader)> OpenAsync(
        ClientLinks links, RelayEntry[] path, ushort target, long bytes)
    {
        var circuit = await links.BuildAsync(path);
        var stream = circuit.Open(ServiceId.Exit);
        var request = new byte[ExitTarget.MaxBytes];
        int length = ExitTarget.Of(IPAddress.Loopback, target).Write(request);
        await stream.Output.WriteAsync(request.AsMemory(0, length));
        var read = await stream.Input.ReadAtLeastAsync(1);
        if (read.Buffer.IsEmpty || (ExitAnswer)read.Buffer.FirstSpan[0] != ExitAnswer.Connected)
        {
            throw new IOException("the exit does not connect");
        }

        stream.Input.AdvanceTo(read.Buffer.GetPosition(1));
        await stream.Output.WriteAsync(new TargetRequest(TargetKind.SendNumbered, bytes).ToBytes());
        var reader = new NumberedReader(stream);
        return await reader.TryReadAsync(FirstBytes) is { } fault
            ? throw new IOException(fault)
            : (circuit, reader);
    }
}

/// <summary>What came in the end.</summary>
/// <param name="Whole">Streams of which every byte came and is right.</param>
/// <param name="Broken">The others.</param>
/// <param name="Bytes">Of all streams.</param>
internal sealed record Arrived(int Whole, int Broken, long Bytes);
