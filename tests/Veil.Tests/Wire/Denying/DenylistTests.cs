using System.Text;
using Veil.Wire;
using Veil.Wire.Denying;
using Xunit;

namespace Veil.Tests.Wire.Denying;

/// <summary>What a denylist forbids and how it is written (spec/store.md, section 8).</summary>
public sealed class DenylistTests
{
    private readonly Denylist _list = new();

    [Fact]
    public void A_new_list_forbids_nothing()
    {
        Assert.False(_list.Forbids(Reference(1)));
        Assert.Equal((0, 0L), (_list.Count, _list.Refusals));
    }

    [Fact]
    public void An_entry_is_the_hash_of_label_and_reference()
    {
        // BLAKE2b-256 of "veil deny v1" and 32 zeros, as Python's hashlib gives it.
        Assert.Equal(
            "8b8d91913102aec9b9c3f01547d020031b1a7bf9e212180d16e1f090651eb302",
            Denylist.HashOf(new BlockRef(default)).ToString());
    }

    [Fact]
    public void What_is_on_the_list_is_forbidden_and_counted_and_nothing_else()
    {
        _list.Replace([.. Enumerable.Range(0, 1000).Select(seed => Denylist.HashOf(Reference(2 * seed)))]);

        for (var seed = 0; seed < 2000; seed++)
        {
            Assert.Equal(seed % 2 == 0, _list.Forbids(Reference(seed)));
        }

        Assert.Equal((1000, 1000L), (_list.Count, _list.Refusals));
        _list.Replace([]);
        Assert.False(_list.Forbids(Reference(0)));
    }

    [Fact]
    public void A_reference_itself_is_no_entry()
    {
        _list.Replace([Reference(1).Value]);

        Assert.False(_list.Forbids(Reference(1)));
    }

    [Fact]
    public void Comments_empty_lines_spaces_case_and_repetitions_do_not_matter()
    {
        var (one, two) = (Denylist.HashOf(Reference(1)).ToString(), Denylist.HashOf(Reference(2)).ToString());

        Assert.True(Read($"# why\r\n\r\n  {one} # first\r\n\t{two.ToUpperInvariant()}\n{one}\n#{one}\n{two}"));

        Assert.Equal(2, _list.Count);
        Assert.True(_list.Forbids(Reference(1)) && _list.Forbids(Reference(2)));
    }

    [Theory]
    [InlineData("abc", 3, "3 characters")]
    [InlineData("G000000000000000000000000000000000000000000000000000000000000000", 3, "hexadecimal")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000 00", 3, "67 characters")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000,", 3, "65 characters")]
    public void A_bad_line_refuses_the_whole_text_with_its_number_and_the_list_before_stays(
        string line, int number, string says)
    {
        Assert.True(Read(Denylist.HashOf(Reference(1)).ToString()));
        var good = Denylist.HashOf(Reference(2)).ToString();

        Assert.False(Read($"{good}\n\n{line}\n{good}\nalso wrong\n", out var fault));

        Assert.Equal(number, fault.Line);
        Assert.StartsWith($"line {number}: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("also", fault.Message, StringComparison.Ordinal);
        Assert.True(_list.Forbids(Reference(1)));
        Assert.False(_list.Forbids(Reference(2)));
    }

    [Fact]
    public void A_line_without_end_is_refused_and_not_kept_in_memory()
    {
        Assert.False(Read("\n" + new string('#', 10_000_000), out var fault));

        Assert.Equal(2, fault.Line);
        Assert.Contains("1024", fault.Message, StringComparison.Ordinal);
        Assert.True(Read(new string('#', 1024) + "\n#"));
        Assert.False(Read(new string('#', 1025) + "\n"));
    }

    [Fact]
    public void Lines_may_fall_anywhere_in_the_pieces_that_a_text_is_read_in()
    {
        var text = string.Concat(Enumerable.Range(0, 3000).Select(seed =>
            $"{Denylist.HashOf(Reference(seed))}{new string(' ', seed % 100)}#{seed}\n"));

        Assert.True(_list.TryReplace(new DrippingStream(Encoding.ASCII.GetBytes(text)), out _));

        Assert.Equal(3000, _list.Count);
        Assert.All(Enumerable.Range(0, 3000), seed => Assert.True(_list.Forbids(Reference(seed))));
    }

    [Fact]
    public void A_million_entries_are_taken_and_one_more_is_refused()
    {
        var line = Encoding.ASCII.GetBytes($"{Denylist.HashOf(Reference(1))}\n");
        var text = new byte[line.Length * (Denylist.MaxEntries + 1)];
        for (var offset = 0; offset < text.Length; offset += line.Length)
        {
            line.CopyTo(text, offset);
        }

        Assert.True(_list.TryReplace(new MemoryStream(text, 0, text.Length - line.Length), out _));
        Assert.Equal(1, _list.Count);
        Assert.False(_list.TryReplace(new MemoryStream(text), out var fault));
        Assert.Equal(Denylist.MaxEntries + 1, fault.Line);
        Assert.Throws<ArgumentException>(() => _list.Replace(new Bytes32[Denylist.MaxEntries + 1]));
    }

    private static BlockRef Reference(int seed) => BlockRef.Of(BitConverter.GetBytes(seed));

    private bool Read(string text) => Read(text, out _);

    private bool Read(string text, out DenylistFault fault) =>
        _list.TryReplace(new MemoryStream(Encoding.ASCII.GetBytes(text)), out fault);

    /// <summary>Gives 1 to 97 bytes at a time.</summary>
    private sealed class DrippingStream(byte[] bytes) : MemoryStream(bytes)
    {
        private int _reads;

        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, Math.Min(count, 1 + (_reads++ % 97)));
    }
}
