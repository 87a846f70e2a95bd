using System.Security.Cryptography;
using Veil.EndToEnd.Testnet;
using Veil.Node.Control;
using Veil.Tools.Testnet.Processes;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// At moments of a publication, and of a fetch, its client leaves, or the gateway or a store is killed; then it is done
/// again (<see cref="FaultSeed"/>). Moments are places in the content, so that they are the same on every machine.
/// </summary>
[Collection(RunningTestnet.Collection)]
public sealed class SharingMomentsTests
{
    private const string Publisher = "gateway1";
    private const string Reader = "gateway2";
    private const int Bytes = 8 << 20;
    private const int UsualMoments = 1;

    // What is read is ahead of what is stored by the stripes in memory and what the connection holds.
    private const int ReadAhead = 5 << 20;

    private static readonly string[] _victims = ["client", Publisher, "store"];

    private readonly FaultSeed _seed = FaultSeed.FromEnvironment(UsualMoments);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_cut_off_in_the_middle_goes_on_and_arrives_whole()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{_seed}");
        await using var network = new RunningTestnet();
        await network.InitializeAsync();
        var decisions = _seed.Decisions("sharing");
        for (var moment = 0; moment < _seed.Moments; moment++)
        {
            var content = _seed.Bytes($"content {moment}", Bytes);
            var victim = _victims[moment % _victims.Length];
            var store = $"store{decisions.NextIndex(4) + 1}";
            var (published, fetched) = (decisions.NextIndex(Bytes), decisions.NextIndex(Bytes));
            var where = $"moment {moment}: {victim} at byte {published}, the reader at {fetched}, {_seed}";
            TestContext.Current.TestOutputHelper?.WriteLine(where);
            var key = await PublishAsync(network, content, (victim, store, published), where);
            await FetchAsync(network, key, content, fetched, where);
        }
    }

    private static async Task<string> PublishAsync(
        RunningTestnet network,
        byte[] content,
        (string Name, string Store, int At) victim,
        string where)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        void Strike()
        {
            if (victim.Name == "client")
            {
                leaving.Cancel();
            }
            else
            {
                Kill(network, victim.Name == "store" ? victim.Store : victim.Name);
            }
        }

        string? key = null;
        using (var client = new ControlClient(ControlSocket.In(network.Data(Publisher))))
        {
            try
            {
                var result = await client.AddAsync(FileOf(content, victim.At, Strike), null, leaving.Token);
                key = result.Key;
            }
            catch (Exception failure) when (victim.Name != "store"
                && failure is ControlException or OperationCanceledException)
            {
                // What was to be expected.
            }
        }

        if (victim.Name != "client")
        {
            await network.DoAsync("start", victim.Name == "store" ? victim.Store : victim.Name);
        }

        return key ?? await PublishAgainAsync(network, content, victim, where);
    }

    private static async Task<string> PublishAgainAsync(
        RunningTestnet network,
        byte[] content,
        (string Name, string Store, int At) victim,
        string where)
    {
        long? first = null;
        using var client = new ControlClient(ControlSocket.In(network.Data(Publisher)));
        var result = await client.AddAsync(
            FileOf(content, content.Length + 1, () => { }), progress => first ??= progress.SharesAcked, Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"went on from {first} of {result.Shares} shares");
        if (victim.Name == "client" && victim.At > ReadAhead)
        {
            Assert.True(first > 0, $"it began anew; {where}");
        }

        Assert.Equal(result.Shares, result.SharesAcked);
        Assert.Contains((await client.ListAsync(Token)).Publications, entry => entry.Key == result.Key);
        return result.Key;
    }

    private static async Task FetchAsync(RunningTestnet network, string key, byte[] content, int at, string where)
    {
        using var came = new CutStream(at, () => Kill(network, Reader));
        using (var client = new ControlClient(ControlSocket.In(network.Data(Reader))))
        {
            try
            {
                await client.GetAsync(key, _ => came, Token);
            }
            catch (ControlException)
            {
                // The node was killed.
            }
        }

        await network.DoAsync("start", Reader);
        using (var client = new ControlClient(ControlSocket.In(network.Data(Reader))))
        {
            // Every byte that came was verified: the rest is all that is missing.
            Assert.True(came.Length > 0 || at < 1 << 17, where);
            await client.GetAsync(new FetchRequest(key) { Offset = came.Length }, _ => came, Token);
        }

        Assert.True(came.ToArray().AsSpan().SequenceEqual(content), $"other bytes; {where}");
    }

    private static AddFile FileOf(byte[] content, int strikeAt, Action strike)
    {
        var position = 0;
        var struck = false;
        return new AddFile(
            "moment.bin",
            content.Length,
            (buffer, cancellationToken) =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (position >= strikeAt && !struck)
                {
                    struck = true;
                    strike();
                }

                var count = Math.Min(buffer.Length, content.Length - position);
                content.AsMemory(position, count).CopyTo(buffer);
                position += count;
                return ValueTask.FromResult(count);
            })
        {
            Token = Convert.ToHexStringLower(SHA256.HashData(content)),
        };
    }

    private static void Kill(RunningTestnet network, string node) =>
        Signals.Send(ProcessTable.Find(network.Id, Part.Node, node)!, Signals.Kill);

    /// <summary>Memory that something happens to when it has so many bytes.</summary>
    private sealed class CutStream(int at, Action cut) : MemoryStream
    {
        private bool _isCut;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Length + buffer.Length > at && !_isCut)
            {
                _isCut = true;
                cut();
            }

            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
