using Veil.Simulation.Storage;
using Veil.Storage;
using Veil.Storage.State;
using Veil.Wire;
using Xunit;

namespace Veil.Tests.Storage;

/// <summary>What every node state does (spec/state.md).</summary>
public sealed class NodeStateTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly StoreRig _rig = new();

    public enum Kind
    {
        File,
        Memory,
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Memory)]
    public async Task Guards_are_replaced_together_and_keep_their_order_and_every_value(Kind kind)
    {
        await using var state = await OpenAsync(kind);
        Assert.Empty(await state.ListGuardsAsync(Cancellation));
        await state.PutGuardsAsync([Guard(3), Guard(1), Guard(2)], Cancellation);
        var failing = Guard(2) with
        {
            UnlistedSince = Start.AddHours(3),
            FailingSince = Start.AddMilliseconds(1),
            Failures = 7,
            RestsUntil = Start.AddDays(9),
        };
        await state.PutGuardsAsync([failing, Guard(9), Guard(1)], Cancellation);

        Assert.Equal([failing, Guard(9), Guard(1)], await state.ListGuardsAsync(Cancellation));
        await state.PutGuardsAsync([], Cancellation);
        Assert.Empty(await state.ListGuardsAsync(Cancellation));
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Memory)]
    public async Task Second_hops_are_replaced_together_and_keep_their_order(Kind kind)
    {
        await using var state = await OpenAsync(kind);
        VanguardEntry Hop(int seed) => new(Relay(seed), Start.AddDays(seed));
        await state.PutVanguardsAsync([Hop(1), Hop(2)], Cancellation);
        await state.PutVanguardsAsync([Hop(3), Hop(2)], Cancellation);

        Assert.Equal([Hop(3), Hop(2)], await state.ListVanguardsAsync(Cancellation));
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Memory)]
    public async Task Publications_are_kept_oldest_first_and_replaced_by_local_id(Kind kind)
    {
        await using var state = await OpenAsync(kind);
        var film = new PublicationEntry("b", "a film.mp4", 5_000_000_000, "veil:abc", Start.AddHours(2));
        var text = new PublicationEntry("B", "", 0, "", Start.AddHours(1));
        await state.PutPublicationAsync(film with { Bytes = 1 }, Cancellation);
        await state.PutPublicationAsync(text, Cancellation);
        await state.PutPublicationAsync(film, Cancellation);

        Assert.Equal([text, film], await state.ListPublicationsAsync(Cancellation));
        Assert.True(await state.RemovePublicationAsync("b", Cancellation));
        Assert.False(await state.RemovePublicationAsync("b", Cancellation));
        Assert.Equal([text], await state.ListPublicationsAsync(Cancellation));
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Memory)]
    public async Task A_publication_is_found_by_local_id_else_by_key_else_by_name(Kind kind)
    {
        await using var state = await OpenAsync(kind);
        var first = new PublicationEntry("1", "film", 1, "veil:abc", Start.AddHours(1));
        var second = new PublicationEntry("2", "film", 2, "veil:def", Start.AddHours(2));
        var third = new PublicationEntry("3", "1", 3, "veil:def", Start.AddHours(3));
        foreach (var entry in new[] { third, second, first })
        {
            await state.PutPublicationAsync(entry, Cancellation);
        }

        Assert.Equal([first], await state.FindPublicationsAsync("1", Cancellation));
        Assert.Equal([first], await state.FindPublicationsAsync("veil:abc", Cancellation));
        Assert.Equal([second, third], await state.FindPublicationsAsync("veil:def", Cancellation));
        Assert.Equal([first, second], await state.FindPublicationsAsync("film", Cancellation));
        Assert.Empty(await state.FindPublicationsAsync("Film", Cancellation));
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Memory)]
    public async Task Settings_are_told_apart_by_case_and_removed_by_null(Kind kind)
    {
        await using var state = await OpenAsync(kind);
        Assert.Null(await state.GetSettingAsync("a", Cancellation));
        await state.SetSettingAsync("a", "1", Cancellation);
        await state.SetSettingAsync("A", "  ", Cancellation);
        await state.SetSettingAsync("a", "", Cancellation);

        Assert.Equal("", await state.GetSettingAsync("a", Cancellation));
        Assert.Equal("  ", await state.GetSettingAsync("A", Cancellation));
        await state.SetSettingAsync("a", null, Cancellation);
        Assert.Null(await state.GetSettingAsync("a", Cancellation));
        Assert.Equal("  ", await state.GetSettingAsync("A", Cancellation));
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Memory)]
    public async Task Bounds_hold_and_what_is_there_can_still_be_replaced(Kind kind)
    {
        await using var state = await OpenAsync(kind);
        GuardEntry[] most = [.. Enumerable.Range(0, StateLimits.MaxGuards).Select(Guard)];
        await state.PutGuardsAsync(most, Cancellation);
        await Assert.ThrowsAsync<StateFullException>(
            async () => await state.PutGuardsAsync([.. most, Guard(1000)], Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await state.PutGuardsAsync([Guard(1), Guard(1)], Cancellation));
        Assert.Equal(most, await state.ListGuardsAsync(Cancellation));

        var tooLong = new string('x', StateLimits.MaxTextCharacters + 1);
        await Assert.ThrowsAsync<StateFullException>(
            async () => await state.SetSettingAsync("a", tooLong, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await state.SetSettingAsync(new string('x', 256), "", Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(async () => await state.SetSettingAsync("", "", Cancellation));
        var longest = new string('\u20AC', StateLimits.MaxIdCharacters);
        await state.SetSettingAsync(longest, tooLong[1..], Cancellation);
        Assert.Equal(tooLong[1..], await state.GetSettingAsync(longest, Cancellation));
    }

    [Fact]
    public void A_publication_does_not_show_its_key_or_name()
    {
        var publication = new PublicationEntry("id", "a film.mp4", 1, "veil:secret", Start);

        Assert.Equal("id", publication.ToString());
    }

    private static RelayId Relay(int seed) => new(StoreRig.RefOf(seed).Value);

    private static GuardEntry Guard(int seed) => new(Relay(seed), Start.AddHours(seed), Start.AddDays(60 + seed));

    [Fact]
    public async Task A_full_disk_refuses_a_change_loses_none_and_the_state_goes_on_when_there_is_room()
    {
        using var disk = new SmallDisk(Path.Combine(_rig.Root, "disk"), mebibytes: 40);
        var path = Path.Combine(_rig.Root, "disk", "state.db");
        var filler = Path.Combine(_rig.Root, "disk", "others");
        var text = new string('x', StateLimits.MaxTextCharacters);
        var kept = 0;
        await using (var state = await LiteDbNodeState.OpenAsync(path, Cancellation))
        {
            await File.WriteAllBytesAsync(filler, new byte[7 * 1024 * 1024], Cancellation);
            StorageException? fault = null;
            while (fault is null)
            {
                fault = await Record.ExceptionAsync(
                    async () => await state.SetSettingAsync($"{kept}", text, Cancellation)) as StorageException;
                kept += fault is null ? 1 : 0;
                Assert.InRange(kept, 0, 100);
            }

            Assert.Equal(StorageFault.DiskFull, fault.Fault);
            await Record.ExceptionAsync(async () => await state.SetSettingAsync("more", text, Cancellation));
            File.Delete(filler);
            await state.SetSettingAsync("last", text, Cancellation);
        }

        await using var again = await LiteDbNodeState.OpenAsync(path, Cancellation);
        Assert.Equal(text, await again.GetSettingAsync("last", Cancellation));
        for (var index = 0; index < kept; index++)
        {
            Assert.Equal(text, await again.GetSettingAsync($"{index}", Cancellation));
        }
    }

    [Theory]
    [InlineData(Kind.File)]
    [InlineData(Kind.Memory)]
    public async Task What_is_kept_has_every_value_and_silent_stores_are_replaced_together(Kind kind)
    {
        await using var state = await OpenAsync(kind);
        var bare = new KeepEntry("a", "", null, "veil-repair:abc", new Bytes32(new byte[32]), Start.AddHours(1))
        {
            RenewedUntil = Start,
            NextRoundAt = Start.AddMilliseconds(7),
        };
        var whole = bare with
        {
            LocalId = "b",
            Name = "film.mp4",
            Bytes = 5_000_000_000,
            KeptSince = Start,
            LastRoundAt = Start.AddDays(1),
            LastFault = "NotFound",
            Health = new KeepHealthEntry(3, 144, 140, 31, Healthy: false),
        };
        await state.PutKeepAsync(bare, Cancellation);
        await state.PutKeepAsync(whole with { Health = null }, Cancellation);
        await state.PutKeepAsync(whole, Cancellation);
        Assert.Equal([whole, bare], await state.ListKeepsAsync(Cancellation));
        Assert.True(await state.RemoveKeepAsync("a", Cancellation));
        Assert.False(await state.RemoveKeepAsync("a", Cancellation));
        Assert.Equal([whole], await state.ListKeepsAsync(Cancellation));

        SilentStoreEntry[] silent = [new(Relay(1), Start), new(Relay(2), Start.AddHours(5))];
        await state.PutSilentStoresAsync(silent, Cancellation);
        Assert.Equal(silent.ToHashSet(), (await state.ListSilentStoresAsync(Cancellation)).ToHashSet());
        await state.PutSilentStoresAsync([], Cancellation);
        Assert.Empty(await state.ListSilentStoresAsync(Cancellation));
    }

    private async Task<INodeState> OpenAsync(Kind kind) => kind == Kind.Memory
        ? new MemoryNodeState()
        : await LiteDbNodeState.OpenAsync(Path.Combine(_rig.Root, "state.db"), Cancellation);
}
