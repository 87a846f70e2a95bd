using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Veil.EndToEnd.Testnet;
using Veil.Node.Control;
using Veil.Wire.Seams;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// People who share small files through the gateways of a network and fetch them again, with the veil program, until
/// they are told to stop. What the program acknowledged is kept, what it refused is counted; anything that the program
/// must not do ends the load, and the test.
/// </summary>
internal sealed class SharingLoad : IAsyncDisposable
{
    private const int LeastBytes = 100 * 1024;
    private const int MostBytes = 2 * 1024 * 1024;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    // How a command may end when something dies while it runs; anything else is a defect.
    private static readonly HashSet<string> _expected =
    [
        ControlClient.NotRunning, ControlClient.Gone, "stopping", "no_stores", "too_few_shares",
        "too_few_acknowledged",
    ];

    private readonly RunningTestnet _network;
    private readonly FaultSeed _seed;
    private readonly string _folder;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<SharedThing> _acknowledged = [];
    private readonly ConcurrentDictionary<string, int> _ends = [];
    private readonly List<Task> _people = [];
    private int _files;

    internal SharingLoad(RunningTestnet network, FaultSeed seed, IEnumerable<string> gateways)
    {
        (_network, _seed) = (network, seed);
        _folder = System.IO.Directory.CreateDirectory(Path.Combine(network.Folder, "load")).FullName;
        foreach (var gateway in gateways)
        {
            _people.Add(RepeatAsync(gateway, seed.Decisions("publish/" + gateway), PublishAsync));
            _people.Add(RepeatAsync(gateway, seed.Decisions("fetch/" + gateway), FetchAsync));
        }
    }

    /// <summary>All that a command has printed a key of, oldest first.</summary>
    internal IReadOnlyList<SharedThing> Acknowledged => [.. _acknowledged];

    /// <summary>How commands ended and how often.</summary>
    internal string Ends =>
        string.Join(", ", _ends.OrderBy(end => end.Key).Select(end => $"{end.Key} {end.Value}"));

    /// <summary>Throws when the load has ended by itself: it saw something that must not be.</summary>
    internal async Task CheckAsync()
    {
        foreach (var person in _people.Where(person => person.IsCompleted))
        {
            await person;
        }
    }

    /// <summary>Lets everybody finish what they do.</summary>
    internal async Task StopAsync()
    {
        _stop.Cancel();
        await Task.WhenAll(_people);
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await Task.WhenAny(Task.WhenAll(_people));
        _stop.Dispose();
    }

    private async Task RepeatAsync(
        string gateway,
        DecisionSource decisions,
        Func<string, DecisionSource, Task> act)
    {
        while (!_stop.IsCancellationRequested)
        {
            await act(gateway, decisions);
        }
    }

    private async Task PublishAsync(string gateway, DecisionSource decisions)
    {
        var content = new byte[LeastBytes + decisions.NextIndex(MostBytes - LeastBytes)];
        decisions.Fill(content);
        var file = Path.Combine(_folder, $"file-{Interlocked.Increment(ref _files)}");
        await File.WriteAllBytesAsync(file, content, CancellationToken.None);
        var result = await ToolProcess.RunAsync("veil.dll", "add", file, "--data", _network.Data(gateway), "--json");
        File.Delete(file);
        if (result.ExitCode != 0)
        {
            await NoteFailureAsync("add", gateway, result);
            return;
        }

        using var document = JsonDocument.Parse(result.Output);
        Assert.True(document.RootElement.GetProperty("id").ValueKind == JsonValueKind.String, result.Errors);
        Note("add ok");
        _acknowledged.Enqueue(new SharedThing(
            document.RootElement.GetProperty("key").GetString()!, gateway, SHA256.HashData(content)));
    }

    private async Task FetchAsync(string gateway, DecisionSource decisions)
    {
        var known = Acknowledged;
        if (known.Count == 0)
        {
            await Task.Delay(_pause, TimeProvider.System, CancellationToken.None);
            return;
        }

        var thing = known[decisions.NextIndex(known.Count)];
        var copy = Path.Combine(_folder, $"copy-of-{gateway}");
        var result = await ToolProcess.RunAsync(
            "veil.dll", "get", thing.Key, "-o", copy, "--data", _network.Data(gateway), "--json");
        Assert.Empty(System.IO.Directory.EnumerateFiles(_folder, Path.GetFileName(copy) + ".veil-part*"));
        if (result.ExitCode != 0)
        {
            Assert.False(File.Exists(copy), $"veil get failed and left a file, {_seed}");
            await NoteFailureAsync("get", gateway, result);
            return;
        }

        await using (var file = File.OpenRead(copy))
        {
            Assert.Equal(thing.Digest, await SHA256.HashDataAsync(file, CancellationToken.None));
        }

        File.Delete(copy);
        Note("get ok");
    }

    // One JSON object with a code, a message and a hint, and the code's exit code (contracts).
    private async Task NoteFailureAsync(string command, string gateway, ToolResult result)
    {
        using var document = JsonDocument.Parse(result.Output);
        var error = document.RootElement.GetProperty("error");
        var code = error.GetProperty("code").GetString()!;
        Note($"{command} {code}");
        Assert.True(_expected.Contains(code), $"veil {command} at {gateway}: {result.Output}, {_seed}");
        Assert.Equal(code == ControlClient.NotRunning ? 3 : 1, result.ExitCode);
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        Assert.NotEmpty(error.GetProperty("hint").GetString()!);
        while (!_stop.IsCancellationRequested && !await AnswersAsync(gateway))
        {
            await Task.Delay(_pause, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<bool> AnswersAsync(string gateway)
    {
        using var client = new ControlClient(ControlSocket.In(_network.Data(gateway)));
        try
        {
            return (await client.GetStatusAsync(CancellationToken.None)).State is "ready" or "degraded";
        }
        catch (ControlException)
        {
            return false;
        }
    }

    private void Note(string end) => _ends.AddOrUpdate(end, 1, (_, count) => count + 1);
}

/// <summary>A file whose key was printed.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Gateway">Through which gateway it was shared.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
internal sealed record SharedThing(string Key, string Gateway, byte[] Digest);
