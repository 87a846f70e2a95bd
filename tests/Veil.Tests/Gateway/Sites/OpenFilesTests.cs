using Veil.Content.Edge;
using Veil.Gateway;
using Veil.Gateway.Sites;
using Veil.Tests.Rig;
using Xunit;

namespace Veil.Tests.Gateway.Sites;

/// <summary>How files are shared and closed: spec/gateway.md, section 6.</summary>
public sealed class OpenFilesTests
{
    private static readonly IsolationGroup Group = new("socks");
    private readonly ManualTime _time = new();
    private readonly Library _library = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readers_of_one_file_share_it()
    {
        await using var files = Create(10);
        var content = Content();
        _library.Add(1, content);
        using var one = await LeaseAsync(files, 1);
        using var other = await LeaseAsync(files, 1);
        Assert.Same(one.Content, other.Content);
        Assert.Equal("socks/fetch/label1", Assert.Single(_library.Openings).Name);
    }

    [Fact]
    public async Task A_file_is_closed_when_nobody_read_it_for_long()
    {
        await using var files = Create(10);
        var content = Content();
        _library.Add(1, content);
        var lease = await LeaseAsync(files, 1);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, files.Count);
        lease.Dispose();
        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(1, files.Count);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(0, files.Count);
        await content.Disposed.WaitAsync(Token);
    }

    [Fact]
    public async Task The_file_read_longest_ago_makes_room()
    {
        await using var files = Create(2);
        var content = Content();
        _library.Add(1, content);
        _library.Add(2, Content());
        _library.Add(3, Content());
        (await LeaseAsync(files, 1)).Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await LeaseAsync(files, 2)).Dispose();
        (await LeaseAsync(files, 3)).Dispose();
        await content.Disposed.WaitAsync(Token);
        Assert.Equal(2, files.Count);
    }

    [Fact]
    public async Task Files_that_are_being_read_do_not_make_room()
    {
        await using var files = Create(1);
        _library.Add(1, Content());
        _library.Add(2, Content());
        using var lease = await LeaseAsync(files, 1);
        await Assert.ThrowsAsync<GatewayBusyException>(() => LeaseAsync(files, 2));
    }

    [Fact]
    public async Task A_failure_is_not_remembered()
    {
        await using var files = Create(1);
        await Assert.ThrowsAsync<ContentUnavailableException>(() => LeaseAsync(files, 1));
        Assert.Equal(0, files.Count);
        _library.Add(1, Content());
        using var lease = await LeaseAsync(files, 1);
        Assert.Equal(1, files.Count);
    }

    [Fact]
    public async Task Opening_is_given_up_when_the_last_reader_leaves()
    {
        await using var files = Create(1);
        var opening = new TaskCompletionSource<ContentObject>();
        _library.Add(1, () => opening.Task);
        using var oneLeaves = new CancellationTokenSource();
        using var otherLeaves = new CancellationTokenSource();
        var one = LeaseAsync(files, 1, oneLeaves.Token);
        var other = LeaseAsync(files, 1, otherLeaves.Token);
        oneLeaves.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.Equal(1, files.Count);
        otherLeaves.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        Assert.Equal(0, files.Count);
    }

    [Fact]
    public async Task Disposing_closes_every_file_and_ends_openings()
    {
        var files = Create(2);
        var content = Content();
        _library.Add(1, content);
        _library.Add(2, () => new TaskCompletionSource<ContentObject>().Task);
        (await LeaseAsync(files, 1)).Dispose();
        var opening = LeaseAsync(files, 2);
        await files.DisposeAsync();
        await files.DisposeAsync();
        Assert.True(content.Disposed.IsCompleted);
        await Assert.ThrowsAnyAsync<Exception>(() => opening);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => LeaseAsync(files, 1));
    }

    private static MemoryContent Content() => new([1, 2, 3], "a", "text/plain");

    private static Task<OpenFiles.Lease> LeaseAsync(OpenFiles files, int number, CancellationToken? token = null) =>
        files.LeaseAsync($"label{number}", Library.Key(number), Group, token ?? Token);

    private OpenFiles Create(int capacity) =>
        new(_library.OpenAsync, new GatewayOptions { MaxOpenFiles = capacity }, _time);
}
