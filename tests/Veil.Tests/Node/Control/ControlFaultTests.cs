using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Veil.Node.Control;
using Veil.Tests.Gateway;
using Xunit;

namespace Veil.Tests.Node.Control;

/// <summary>Whose fault it is, and who hears of it (spec/control.md, section 3).</summary>
public sealed class ControlFaultTests(LabHouse house)
{
    private const string FileName = "geheimes Tagebuch.txt";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_of_the_node_in_the_middle_of_add_is_told_and_logged_by_its_kind()
    {
        await house.ReadyAsync();
        var logs = new CollectedLogs();
        var surface = house.Surface with { Time = new BrokenClock() };
        var context = Request("add", new MemoryStream(new byte[10]));
        context.Request.Headers[ControlHeaders.Length] = "10";
        context.Request.Headers[ControlHeaders.Name] = Uri.EscapeDataString(FileName);

        await ServeAsync(surface, logs, context);

        Assert.Contains("\"internal\"", Answer(context), StringComparison.Ordinal);
        Assert.Equal(
            ["Error A control request failed by our own fault: NotSupportedException "], logs.Lines);
    }

    [Fact]
    public async Task A_fault_of_the_node_in_the_middle_of_get_is_told_and_logged_by_its_kind()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        var added = await client.AddAsync(
            new AddFile(FileName, 1_000, new MemoryStream(new byte[1_000]).ReadAsync), null, Token);
        var logs = new CollectedLogs();
        var context = Request("get", new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new { key = added.Key })));
        context.Response.Body = new FullDisk();

        await ServeAsync(house.Surface, logs, context);

        var trailers = context.Features.Get<IHttpResponseTrailersFeature>()!.Trailers;
        Assert.Contains("\"node_disk\"", trailers[ControlHeaders.End].ToString(), StringComparison.Ordinal);
        Assert.Equal(["Error A control request failed by our own fault: IOException "], logs.Lines);
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_no_fault_of_the_nodes()
    {
        await house.ReadyAsync();
        var logs = new CollectedLogs();
        var context = Request("add", new FullDisk());
        context.Request.Headers[ControlHeaders.Length] = "10";
        context.Request.Headers[ControlHeaders.Name] = "x";

        await ServeAsync(house.Surface, logs, context);

        Assert.Contains("\"bad_request\"", Answer(context), StringComparison.Ordinal);
        Assert.Empty(logs.Lines);
    }

    private static DefaultHttpContext Request(string path, Stream body)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseTrailersFeature>(new Trailing());
        context.Request.Method = HttpMethods.Post;
        context.Request.Path = $"/v1/{path}";
        context.Request.Body = body;
        context.Response.Body = new MemoryStream();
        return context;
    }

    private static async Task ServeAsync(ControlSurface surface, CollectedLogs logs, HttpContext context)
    {
        await using var application = new ControlApplication(surface, logs);
        await application.ProcessRequestAsync(context);
    }

    private static string Answer(HttpContext context) =>
        Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());

    private sealed class Trailing : IHttpResponseTrailersFeature
    {
        public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();
    }

    private sealed class BrokenClock : TimeProvider
    {
        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            throw new NotSupportedException(FileName);
    }

    // Takes no byte and gives none; its message names what nobody may read in a log.
    private sealed class FullDisk : MemoryStream
    {
        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException(FileName);

        public override ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException(FileName);
    }
}
