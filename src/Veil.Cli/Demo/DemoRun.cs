using System.Security.Cryptography;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Content.Publishing;
using Veil.Node;
using Veil.Node.Lab;
using Veil.Wire.Seams;

namespace Veil.Cli.Demo;

/// <summary>
/// Plays the demo: 1 a network starts, 2 a publisher joins, publishes and is disposed of, 3 a reader joins and a stock
/// HTTP client fetches through its SOCKS port, 4 what came is compared, 5 what each party recorded is collected.
/// </summary>
internal sealed class DemoRun : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Voice _voice;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-demo-");
    private readonly DemoPlaces _places;
    private LabNetwork? _network;

    internal DemoRun(Voice voice)
    {
        _voice = voice;
        _places = new DemoPlaces(_folder.FullName);
    }

    internal async Task<DemoResult> PlayAsync(DemoRequest request, CancellationToken cancellationToken)
    {
        string path = request.Path ?? await WriteRandomAsync(request.RandomBytes, cancellationToken);
        string sha256 = await HashAsync(path, cancellationToken);
        long bytes = new FileInfo(path).Length;
        _voice.Say($"sharing {Path.GetFileName(path)}, {ByteSize.Format(bytes)}, sha256 {sha256[..16]}…");

        var (start, _) = await TimeAsync(() => StartNetworkAsync(cancellationToken));
        _voice.Say($"network of 3 authorities, 9 relays (6 of them stores) ready after {start:0.0} s");

        var (publishing, publication) = await PublishAsync(path, cancellationToken);
        _voice.Say($"published in {publishing:0.0} s: {publication.Counts.SharesAcknowledged} shares on "
            + $"{publication.Redundancy.Stores} stores, "
            + $"any {publication.Redundancy.StoresThatMayBeLost} of which may be lost");
        _voice.Say("the publisher is gone");

        var (fetch, seconds) = await FetchAsync(publication, cancellationToken);
        _voice.Say($"fetched with {fetch.Client} in {seconds:0.0} s");
        bool ok = fetch.Sha256 == sha256 && fetch.Bytes == bytes && fetch.Name == publication.Name;
        _voice.Say(ok
            ? "the same name, the same bytes"
            : $"NOT the same: {fetch.Name}, {fetch.Bytes} bytes, sha256 {fetch.Sha256}");

        _voice.Say("measuring a raw loopback copy");
        double raw = await RawMeasure.RunAsync(bytes, cancellationToken);
        double rate = bytes / 1048576.0 / seconds;
        return new DemoResult
        {
            Ok = ok,
            File = publication.Name,
            Bytes = bytes,
            Sha256 = fetch.Sha256,
            StartSeconds = start,
            PublishSeconds = publishing,
            FetchSeconds = seconds,
            FetchMib = rate,
            RawMib = raw,
            Ratio = rate / raw,
            Client = fetch.Client,
            Stores = publication.Redundancy.Stores,
            StoresThatMayBeLost = publication.Redundancy.StoresThatMayBeLost,
            Parties = Collect(),
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        _places.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> StartNetworkAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(StartLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            _network = await LabNetwork.StartAsync(new LabOptions(), _places.PlaceAsync, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliFailure(
                ExitCodes.Failed,
                "no_network",
                $"the network had no directory after {StartLimit.TotalSeconds:0} s",
                "is the machine very busy? try again");
        }
        catch (IOException fault)
        {
            throw new CliFailure(
                ExitCodes.Failed,
                "no_address",
                $"an address in 127.0.0.0/8 cannot be used: {fault.Message}",
                "the demo gives each node a loopback address of its own; this works on Linux and Windows");
        }
    }

    private async Task<(double Seconds, Publication Publication)> PublishAsync(string path,
        CancellationToken cancellationToken)
    {
        await using var publisher = await JoinAsync("publisher", cancellationToken);
        try
        {
            return await TimeAsync(() => publisher.PublishAsync(path, new PublishOptions(), null, cancellationToken));
        }
        catch (PublishException fault)
        {
            throw new CliFailure(
                ExitCodes.Failed, "not_published", fault.Message,
                    "nothing was promised to anyone: it can be tried again");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(ExitCodes.Failed, "no_file", fault.Message,
                "check the path, and that you may read it");
        }
    }

    private async Task<(FetchedFile File, double Seconds)> FetchAsync(
        Publication publication,
        CancellationToken cancellationToken)
    {
        await using var reader = await JoinAsync("reader", cancellationToken);
        string url = reader.Open(publication.Key);
        string output = Path.Combine(_folder.FullName, "fetched");
        var (seconds, file) = await TimeAsync(() =>
            DemoFetch.RunAsync(url, reader.SocksEndPoint!, output, cancellationToken));
        return (file with { Sha256 = await HashAsync(output, cancellationToken) }, seconds);
    }

    private async Task<VeilNode> JoinAsync(string name, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(StartLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await _network!.JoinAsync(
                new LabMember(name, NodeRoles.Gateway, _places.Members.Count),
                either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliFailure(
                ExitCodes.Failed,
                "no_network",
                $"the {name} had no directory after {StartLimit.TotalSeconds:0} s",
                "is the machine very busy? try again");
        }
    }

    private IReadOnlyList<DemoParty> Collect() =>
    [
        .. _places.Members.Select(member => new DemoParty(
            member.Member.Name,
            RoleOf(member.Member),
            [.. member.Observer.Addresses.Select(address => address.ToString())],
            member.Observer.Keys,
            member.Observer.PlaintextBytes,
            member.Observer.Blocks,
            member.Address.ToString())),
    ];

    private static string RoleOf(LabMember member) => member.Roles switch
    {
        NodeRoles.Authority => "authority",
        NodeRoles.Relay => "relay",
        NodeRoles.Gateway => member.Name,
        _ => "relay, store",
    };

    private async Task<(double Seconds, T Result)> TimeAsync<T>(Func<Task<T>> work)
    {
        long start = _time.GetTimestamp();
        var result = await work();
        return (_time.GetElapsedTime(start).TotalSeconds, result);
    }

    private async Task<string> WriteRandomAsync(long bytes, CancellationToken cancellationToken)
    {
        string path = Path.Combine(_folder.FullName, "random.bin");
        var decisions = new SystemDecisionSource();
        await using var file = File.Create(path);
        var buffer = new byte[1 << 20];
        for (long left = bytes; left > 0; left -= buffer.Length)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(left, buffer.Length));
            decisions.Fill(part.Span);
            await file.WriteAsync(part, cancellationToken);
        }

        return path;
    }

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }
}
