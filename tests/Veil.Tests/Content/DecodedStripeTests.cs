using Veil.Content.Fetching;
using Xunit;

namespace Veil.Tests.Content;

/// <summary>Stripes that are forgotten while somebody reads them (spec/stripe.md, section 7).</summary>
public sealed class DecodedStripeTests
{
    private const int Stripe = 16 * 32768;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_that_is_held_up_gets_its_own_stripe_though_others_were_decoded_meanwhile()
    {
        ContentRig rig = new(stores: 12);
        var content = ContentRig.Bytes((6 * Stripe) + 17);
        var publication = await rig.PublishAsync(content);
        var reader = rig.NewReader(new ReaderOptions { MaxStripesInMemory = 1, StripesAhead = 1, StripesBeyond = 0 });
        await using var opened = await reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
        using HeldStream held = new();
        var first = opened.CopyRangeAsync(0, content.Length, held, Cancelled);
        await held.Entered;

        for (var round = 0; round < 2; round++)
        {
            MemoryStream output = new();
            await opened.CopyRangeAsync(Stripe, 3 * Stripe, output, Cancelled);
            Assert.Equal(content[Stripe..(4 * Stripe)], output.ToArray());
        }

        held.Release();
        await first;
        Assert.Equal(content, held.ToArray());
    }

    [Fact]
    public async Task What_is_disposed_while_it_is_read_still_gives_what_was_decoded_and_then_ends()
    {
        ContentRig rig = new(stores: 12);
        var content = ContentRig.Bytes(2 * Stripe);
        var publication = await rig.PublishAsync(content);
        var opened = await rig.Reader.OpenAsync(publication.Key, ContentRig.Group, Cancelled);
        using HeldStream held = new();
        var range = opened.CopyRangeAsync(0, content.Length, held, Cancelled);
        await held.Entered;

        await opened.DisposeAsync();
        held.Release();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => range);
        Assert.Equal(content[..Stripe], held.ToArray());
    }

    /// <summary>Takes the bytes of a write only after it is let go on.</summary>
    private sealed class HeldStream : MemoryStream
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public void Release() => _released.SetResult();

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _entered.TrySetResult();
            await _released.Task;
            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
