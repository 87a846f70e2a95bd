using CsCheck;
using Veil.Node.Control;
using Xunit;

namespace Veil.Tests.Node.Control;

/// <summary>Ranges as curl takes them: spec/control.md, section 2.2.</summary>
public sealed class ContentRangeTests
{
    [Theory]
    [InlineData("0-0", 0, 1)]
    [InlineData("0-499", 0, 100)]
    [InlineData("10-19", 10, 10)]
    [InlineData("99-", 99, 1)]
    [InlineData("0-", 0, 100)]
    [InlineData("-1", 99, 1)]
    [InlineData("-500", 0, 100)]
    [InlineData("007-008", 7, 2)]
    [InlineData("5-999999999999999999", 5, 95)]
    public void A_range_means_bytes_of_a_file_of_100(string text, long offset, long count)
    {
        Assert.True(ContentRange.TryParse(text, out var range));
        Assert.Equal((offset, count), range.Of(100));
    }

    [Theory]
    [InlineData("100-")]
    [InlineData("100-200")]
    [InlineData("-0")]
    public void A_range_of_none_of_its_bytes_is_none(string text)
    {
        Assert.True(ContentRange.TryParse(text, out var range));
        Assert.Null(range.Of(100));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("5")]
    [InlineData("5-4")]
    [InlineData("a-b")]
    [InlineData("1-2-3")]
    [InlineData("1-2,5-6")]
    [InlineData(" 1-2")]
    [InlineData("+1-2")]
    [InlineData("--5")]
    [InlineData("bytes=0-1")]
    [InlineData("9999999999999999999-")]
    public void What_is_no_range_is_refused(string? text) => Assert.False(ContentRange.TryParse(text, out _));

    [Fact]
    public void Every_range_lies_within_the_file()
    {
        var number = Gen.Long[0, 1000];
        Gen.Select(number, number, number, Gen.Int[0, 2]).Sample((a, b, length, form) =>
        {
            var text = form switch { 0 => $"{Math.Min(a, b)}-{Math.Max(a, b)}", 1 => $"{a}-", _ => $"-{a}" };
            Assert.True(ContentRange.TryParse(text, out var range));
            if (range.Of(length) is not var (offset, count)) return;
            Assert.InRange(offset, 0, length - 1);
            Assert.InRange(count, 1, length - offset);
        });
    }
}
