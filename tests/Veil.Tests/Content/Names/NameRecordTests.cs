using CsCheck;
using Veil.Content.Names;
using Veil.Wire.Names;
using Xunit;

namespace Veil.Tests.Content.Names;

/// <summary>Records: signed, sealed, of one size (spec/name.md, sections 2 to 4).</summary>
public sealed class NameRecordTests
{
    private readonly NameKey _key = NameRig.Key(1);

    [Fact]
    public void Who_knows_the_name_reads_what_was_signed_on_every_day()
    {
        var records = _key.SignAhead(5, NameRig.Target(9), NameRig.Today);

        Assert.Equal(32, records.Count);
        Assert.Equal(NameRig.Today.Plus(-1), records[0].Day);
        Assert.Equal(NameRig.Today.Plus(30), records[^1].Day);
        Assert.All(records, record =>
        {
            Assert.Equal(512, record.Bytes.Length);
            Assert.True(NameRecord.TryParse(record.Bytes.Span, out _));
            Assert.True(NameSeal.TryOpen(_key.Address, record, out var content));
            Assert.Equal(new NameContent(5, NameRig.Target(9), NameRig.Today.Plus(30)), content);
        });
    }

    [Fact]
    public void Nothing_but_the_number_is_the_same_on_two_days_or_names_the_key()
    {
        var records = _key.SignAhead(1, NameRig.Target(9), NameRig.Today);

        Assert.Equal(records.Count, records.Select(record => record.Key).Distinct().Count());
        Assert.All(records, record =>
        {
            Assert.Equal(-1, record.Bytes.Span.IndexOf(_key.Address.Key.AsSpan()));
            Assert.Equal(-1, record.Bytes.Span.IndexOf(Enumerable.Repeat((byte)9, 16).ToArray()));
        });
        Assert.False(NameSeal.TryOpen(NameRig.Key(2).Address, records[0], out _));
    }

    [Fact]
    public void A_record_that_is_changed_in_any_place_is_none()
    {
        var bytes = NameRig.Record(_key, 3).Bytes.ToArray();
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Int[0, 7]).Sample((index, bit) =>
        {
            var changed = bytes.ToArray();
            changed[index] ^= (byte)(1 << bit);
            Assert.False(NameRecord.TryParse(changed, out _));
        });
        Assert.False(NameRecord.TryParse(bytes.AsSpan(1), out _));
        Assert.False(NameRecord.TryParse([.. bytes, 0], out _));
        Assert.False(NameRecord.TryParse([], out _));
    }

    [Fact]
    public void A_record_of_another_day_or_number_cannot_be_made_of_one()
    {
        var today = NameRig.Record(_key, 3).Bytes.ToArray();
        var later = NameRig.Record(_key, 3, day: 1).Bytes.ToArray();
        byte[] mixed = [.. later[..NameRecordLayout.HeaderBytes], .. today[NameRecordLayout.HeaderBytes..]];

        Assert.False(NameRecord.TryParse(mixed, out _));
    }

    [Fact]
    public void Any_bytes_are_refused()
    {
        Gen.Byte.Array[NameRecordLayout.Bytes].Sample(bytes =>
        {
            bytes[0] = NameRecordLayout.Version;
            bytes.AsSpan(1, 3).Clear();
            Assert.False(NameRecord.TryParse(bytes, out _));
        });
    }

    [Fact]
    public void Days_are_kept_from_yesterday_to_a_month_ahead()
    {
        Assert.False(NameRecordLayout.IsKept(NameRig.Today.Plus(-2), NameRig.Today));
        Assert.True(NameRecordLayout.IsKept(NameRig.Today.Plus(-1), NameRig.Today));
        Assert.True(NameRecordLayout.IsKept(NameRig.Today.Plus(31), NameRig.Today));
        Assert.False(NameRecordLayout.IsKept(NameRig.Today.Plus(32), NameRig.Today));

        // Everything that a publisher signs is taken by stores whose clocks are a day off.
        var signed = _key.SignAhead(1, NameRig.Target(1), NameRig.Today).Skip(1).ToArray();
        Assert.All(signed, record => Assert.True(NameRecordLayout.IsKept(record.Day, NameRig.Today.Plus(1))));
        Assert.All(signed, record => Assert.True(NameRecordLayout.IsKept(record.Day, NameRig.Today.Plus(-1))));
        Assert.Equal(new NameDay(0), NameDay.Of(DateTimeOffset.UnixEpoch.AddDays(-3)));
        Assert.Equal("2024-10-04", NameRig.Today.ToString());
    }

    [Fact]
    public void What_was_seen_before_decides_about_what_is_seen_now()
    {
        var history = new NameHistory();
        var name = _key.Address;
        NameContent Version(ulong sequence, byte target) => new(sequence, NameRig.Target(target), NameRig.Today);

        Assert.Equal(0UL, history.HighestOf(name));
        Assert.Equal(NameVerdict.Newer, history.Judge(name, Version(3, 1)));
        Assert.Equal(NameVerdict.Same, history.Judge(name, Version(3, 1)));
        Assert.Equal(NameVerdict.Forked, history.Judge(name, Version(3, 2)));
        Assert.Equal(NameVerdict.RolledBack, history.Judge(name, Version(2, 2)));
        Assert.Equal(NameVerdict.Newer, history.Judge(NameRig.Key(2).Address, Version(1, 1)));

        var restored = new NameHistory();
        restored.Restore(history.Entries);
        Assert.Equal(NameVerdict.RolledBack, restored.Judge(name, Version(2, 1)));
        Assert.Equal(NameVerdict.Newer, restored.Judge(name, Version(4, 2)));
        Assert.Equal(4UL, restored.HighestOf(name));
    }
}
