using Veil.Content.Names;
using Veil.Wire;
using Veil.Wire.Names;
using Xunit;

namespace Veil.Tests.Content.Names;

/// <summary>The vectors of spec/vectors/name.json.</summary>
public sealed class NameVectorTests
{
    [Fact]
    public void Names_keys_places_and_records_are_those_of_the_vectors()
    {
        var vectors = SpecVectors.Read("name").GetProperty("vectors").EnumerateArray().ToArray();
        Assert.True(vectors.Length >= 3);
        Assert.All(vectors, vector =>
        {
            using var key = NameKey.FromSeed(vector.Hex("seed"));
            Assert.Equal(vector.GetProperty("name").GetString(), key.Address.Format());
            Assert.Equal(vector.Hex("public_key"), key.Address.Key.ToArray());

            var day = new NameDay(vector.GetProperty("day").GetUInt32());
            var blinded = NameBlinding.KeyOf(key.Address, day);
            Assert.Equal(vector.Hex("blinded_key"), blinded.Value.ToArray());
            Assert.Equal(vector.Hex("place"), NameBlinding.PlaceOf(blinded).Value.ToArray());

            Assert.True(Veil.Content.Keys.ContentKey.TryParse(
                vector.GetProperty("target").GetString(), out var target, out _));
            var content = new NameContent(
                vector.GetProperty("sequence").GetUInt64(), target,
                new NameDay(vector.GetProperty("last_day").GetUInt32()));
            Assert.Equal(Convert.ToHexStringLower(vector.Hex("record")),
                Convert.ToHexStringLower(key.Sign(content, day).Bytes.Span));
            Assert.True(NameRecord.TryParse(vector.Hex("record"), out var record));
            Assert.True(NameSeal.TryOpen(key.Address, record, out var opened));
            Assert.Equal(content, opened);
        });
    }

    [Fact]
    public void What_is_no_record_is_refused()
    {
        var wrong = SpecVectors.Read("name").GetProperty("refused").EnumerateArray().ToArray();
        Assert.NotEmpty(wrong);
        Assert.All(wrong, vector => Assert.False(NameRecord.TryParse(vector.Hex("record"), out _)));
    }
}
