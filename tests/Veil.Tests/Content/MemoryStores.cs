using System.Collections.Concurrent;
using Veil.Content.Edge;
using Veil.Content.Stores;
using Veil.Directory.Ring;
using Veil.Storage.Serving;
using Veil.Tests.Storage;
using Veil.Wire;
using Veil.Wire.Stamps;
using Veil.Wire.Store;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>How a store in memory behaves.</summary>
internal enum StoreMood
{
    Well,
    Dead,
    Full,
    Silent,
    Flaky,

    /// <summary>Takes everything and answers nothing: the request ends at its time limit.</summary>
    TimesOut,
}

/// <summary>A network of stores in memory that keeps its contract, with faults to be chosen.</summary>
internal sealed class MemoryStores : IBlockNetwork
{
    private readonly ConcurrentDictionary<(RelayId Store, BlockRef Reference), byte[]> _blocks = new();
    private readonly ConcurrentDictionary<RelayId, StoreMood> _moods = new();
    private readonly ConcurrentDictionary<(RelayId, BlockRef), int> _failed = new();
    private readonly ConcurrentQueue<(IsolationGroup Group, BlockRef Reference)> _stored = new();
    private readonly ConcurrentDictionary<RelayId, StampGate> _gates = new();
    private readonly Lock _lock = new();
    private StampPayer? _payer;
    private int _inFlight;
    private int _requests;

    public MemoryStores(int stores) => Ring = TestRing.Of(stores);

    public StoreRing Ring { get; set; }

    /// <summary>Measures the time limit of a request, 30 s.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public int MostInFlight { get; set; }

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Every request waits for this first, or only those for <see cref="Gated"/>.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public HashSet<BlockRef>? Gated { get; set; }

    /// <summary>How often a flaky store fails with each block.</summary>
    public int FlakyTimes { get; set; } = 1;

    /// <summary>What every request takes beside that.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>Where given, every request must come from this thread.</summary>
    public int? OwnThread { get; set; }

    public IEnumerable<(IsolationGroup Group, BlockRef Reference)> Stored => _stored;

    public IEnumerable<(RelayId Store, BlockRef Reference)> Holdings => _blocks.Keys;

    /// <summary>Told of each block that a store takes, with the group.</summary>
    public Action<IsolationGroup, RelayId, BlockRef>? OnStored { get; set; }

    /// <summary>Told of each request for a block, with the group.</summary>
    public Action<IsolationGroup, RelayId, BlockRef>? OnFetch { get; set; }

    public int InFlight => Volatile.Read(ref _inFlight);

    public void Set(RelayId store, StoreMood mood) => _moods[store] = mood;

    /// <summary>Makes a store ask for stamps, which are found and checked as in the product.</summary>
    /// <param name="store">Which.</param>
    /// <param name="price">Hashes a day.</param>
    public StampGate Ask(RelayId store, uint price)
    {
        _payer ??= new StampPayer(default, new StoreClientOptions(), Time);
        var tariff = new StampTariff { FullPrice = price };
        return _gates[store] = new StampGate(default, store, new FilledStore { Bytes = 1_000 }, Time, tariff);
    }

    public void SetAll(StoreMood mood)
    {
        foreach (var store in Ring.Stores) Set(store, mood);
    }

    public void Remove(BlockRef reference)
    {
        foreach (var store in Ring.Stores) _blocks.TryRemove((store, reference), out _);
    }

    public void Remove(RelayId store, BlockRef reference) => _blocks.TryRemove((store, reference), out _);

    public byte[]? Find(BlockRef reference) =>
        Ring.Stores
            .Select(store => _blocks.GetValueOrDefault((store, reference)))
            .FirstOrDefault(found => found is not null);

    public async ValueTask<StoreOutcome> StoreAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        CancellationToken cancellationToken)
    {
        Assert.Equal(32768, block.Length);
        await using var request = Begin();
        var mood = await BehaveAsync(store, reference, cancellationToken);
        if (mood == StoreMood.Full) return StoreOutcome.Full;
        if (mood != StoreMood.Well) return StoreOutcome.Failed;
        if (_gates.TryGetValue(store, out var gate))
        {
            var paid = await PayAsync(gate, store, reference, cancellationToken);
            if (paid != StoreOutcome.Done) return paid;
        }

        Assert.Equal(reference, BlockRef.Of(block.Span));
        _blocks[(store, reference)] = block.ToArray();
        _stored.Enqueue((group, reference));
        OnStored?.Invoke(group, store, reference);
        return StoreOutcome.Done;
    }

    // As a store that is full: it takes nothing new, and what it has it goes on keeping.
    public ValueTask<StoreOutcome> RenewAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        ReadOnlyMemory<byte> block,
        CancellationToken cancellationToken)
    {
        if (_moods.GetValueOrDefault(store) != StoreMood.Full || !_blocks.ContainsKey((store, reference)))
        {
            return StoreAsync(group, store, reference, block, cancellationToken);
        }

        OnStored?.Invoke(group, store, reference);
        return ValueTask.FromResult(StoreOutcome.Done);
    }

    public async ValueTask<StoreOutcome> FetchAsync(
        IsolationGroup group,
        RelayId store,
        BlockRef reference,
        Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        Assert.Equal(32768, destination.Length);
        OnFetch?.Invoke(group, store, reference);
        await using var request = Begin();
        var mood = await BehaveAsync(store, reference, cancellationToken);
        if (mood is StoreMood.Dead or StoreMood.Flaky or StoreMood.TimesOut) return StoreOutcome.Failed;
        if (!_blocks.TryGetValue((store, reference), out var block)) return StoreOutcome.NotFound;
        block.CopyTo(destination);
        return StoreOutcome.Done;
    }

    private ValueTask<StoreOutcome> PayAsync(
        StampGate gate,
        RelayId store,
        BlockRef reference,
        CancellationToken cancellationToken) => _payer!.StoreAsync(
            (store, reference),
            (60, false),
            StampPrice.Free,
            lease =>
            {
                var refusal = gate.Check(new StoreRequest(StoreFrameType.Put, 1, reference, lease, default));
                var outcome = refusal == StoreRefusal.None ? StoreOutcome.Done : StoreOutcome.Failed;
                return ValueTask.FromResult(new PutAnswer(outcome, refusal, gate.Price));
            },
            cancellationToken);

    private async Task<StoreMood> BehaveAsync(RelayId store, BlockRef reference, CancellationToken cancellationToken)
    {
        if (OwnThread is { } own) Assert.Equal(own, Environment.CurrentManagedThreadId);
        await Task.Yield();
        if (Gated is null || Gated.Contains(reference)) await Gate.WaitAsync(cancellationToken);
        if (Latency > TimeSpan.Zero) await Task.Delay(Latency, Time, cancellationToken);
        var mood = _moods.GetValueOrDefault(store);
        if (mood == StoreMood.Silent)
        {
            TaskCompletionSource never = new();
            await never.Task.WaitAsync(cancellationToken);
        }

        if (mood == StoreMood.TimesOut) await Task.Delay(TimeSpan.FromSeconds(30), Time, cancellationToken);
        if (mood != StoreMood.Flaky) return mood;
        int failures = _failed.AddOrUpdate((store, reference), 1, static (_, before) => before + 1);
        return failures <= FlakyTimes ? StoreMood.Flaky : StoreMood.Well;
    }

    private Request Begin()
    {
        lock (_lock)
        {
            _requests++;
            _inFlight++;
            MostInFlight = Math.Max(MostInFlight, _inFlight);
        }

        return new Request(this);
    }

    private sealed class Request(MemoryStores stores) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            lock (stores._lock) stores._inFlight--;
            return ValueTask.CompletedTask;
        }
    }
}
