using Veil.Links.Tcp;
using Xunit;

namespace Veil.Tests.Links.Tcp;

public sealed class BlockPoolTests
{
    [Fact]
    public void A_returned_block_is_lent_again()
    {
        using var pool = new BlockPool(4096, keptBlocks: 2);
        var first = pool.Rent(100);
        first.Memory.Span[0] = 0x5A;
        first.Dispose();

        using var second = pool.Rent();

        Assert.Equal(4096, second.Memory.Length);
        Assert.Equal(0x5A, second.Memory.Span[0]);
    }

    [Fact]
    public void No_more_free_blocks_are_kept_than_the_bound()
    {
        using var pool = new BlockPool(16, keptBlocks: 2);
        var lent = Enumerable.Range(0, 5).Select(_ => pool.Rent()).ToArray();

        Array.ForEach(lent, block => block.Dispose());

        Assert.Equal(2, pool.FreeBlocks);
    }

    [Fact]
    public void A_block_returned_twice_is_kept_once_and_cannot_be_used()
    {
        using var pool = new BlockPool(16, keptBlocks: 2);
        var block = pool.Rent();
        block.Dispose();
        block.Dispose();

        Assert.Equal(1, pool.FreeBlocks);
        Assert.Throws<ObjectDisposedException>(() => block.Memory);
    }

    [Fact]
    public void More_than_one_block_is_refused()
    {
        using var pool = new BlockPool(16, keptBlocks: 2);

        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(17));
    }
}
