using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Veil.Node.Status;

namespace Veil.Node.Control;

/// <summary>
/// The other end of the control API (spec/control.md): for the command line, and for any program of the same user.
/// Every method throws <see cref="ControlException"/> with the node's error, or with a code of its own
/// from below. Safe for concurrent use.
/// </summary>
public sealed partial class ControlClient : IDisposable
{
    /// <summary>Code when nobody answers at the socket.</summary>
    public const string NotRunning = "node_not_running";

    /// <summary>Code when the socket is another user's.</summary>
    public const string NotAllowed = "not_allowed";

    /// <summary>Code when the socket cannot be connected to for another reason.</summary>
    public const string NotReached = "node_not_reached";

    /// <summary>Code when the node ended in the middle of an answer.</summary>
    public const string Gone = "node_gone";

    private const int MaxAnswerBytes = 64 * 1024 * 1024;
    private const int WindowBytes = 1024 * 1024;
    private const int MaxErrorBytes = 64 * 1024;
    private static readonly Uri Root = new("http://control/v1/");

    private readonly HttpMessageInvoker _http;

    /// <param name="socketPath">See <see cref="ControlSocket.In"/>.</param>
    public ControlClient(string socketPath)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, token) => ControlSocket.ConnectAsync(socketPath, token),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            InitialHttp2StreamWindowSize = WindowBytes,
        };
        _http = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    /// <summary>How the node is.</summary>
    public Task<StatusDocument> GetStatusAsync(CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, "status", null, ControlJson.Default.StatusDocument, cancellationToken);

    /// <summary>A browser's address for a key.</summary>
    public async Task<string> OpenAsync(string key, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            HttpMethod.Post, "open", KeyBody(key), ControlJson.Default.OpenAnswer, cancellationToken);
        return answer.Url;
    }

    /// <summary>Denies content at this node; false when it was denied before.</summary>
    public async Task<bool> DenyAsync(string key, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            HttpMethod.Post, "deny", KeyBody(key), ControlJson.Default.DenyAnswer, cancellationToken);
        return answer.Added;
    }

    /// <summary>What the node has published and remembers.</summary>
    public Task<PublicationList> ListAsync(CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, "publications", null, ControlJson.Default.PublicationList, cancellationToken);

    /// <summary>Forgets a publication, by local id or key.</summary>
    public Task<ForgetAnswer> ForgetAsync(string publication, CancellationToken cancellationToken) => CallAsync(
        HttpMethod.Post,
        "forget",
        Body(new ForgetRequest(publication), ControlJson.Default.ForgetRequest),
        ControlJson.Default.ForgetAnswer,
        cancellationToken);

    /// <summary>The settings that hold now.</summary>
    public Task<SettingList> GetSettingsAsync(CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, "settings", null, ControlJson.Default.SettingList, cancellationToken);

    /// <summary>Changes a setting.</summary>
    public Task<SettingAnswer> SetAsync(string name, string value, CancellationToken cancellationToken) => CallAsync(
        HttpMethod.Post,
        "settings",
        Body(new SettingRequest(name, value), ControlJson.Default.SettingRequest),
        ControlJson.Default.SettingAnswer,
        cancellationToken);

    /// <summary>What a key names.</summary>
    public Task<ContentListing> ListContentAsync(FetchRequest wanted, CancellationToken cancellationToken) => CallAsync(
        HttpMethod.Post, "list", Body(wanted), ControlJson.Default.ContentListing, cancellationToken);

    /// <summary>Fetches all that a key names.</summary>
    public Task<FetchedFile> GetAsync(
        string key,
        Func<FetchedFile, Stream> destination,
        CancellationToken cancellationToken) => GetAsync(new FetchRequest(key), destination, cancellationToken);

    /// <summary>Fetches content.</summary>
    /// <param name="wanted">What.</param>
    /// <param name="destination">Told name and length before the first byte, gives the stream that verified bytes are
    /// written to; the caller disposes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Only when all bytes were written.</returns>
    public async Task<FetchedFile> GetAsync(
        FetchRequest wanted,
        Func<FetchedFile, Stream> destination,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        using var request = NewRequest(HttpMethod.Post, "get", Body(wanted));
        using var response = await SendAsync(request, cancellationToken);
        var file = new FetchedFile(
            Uri.UnescapeDataString(HeaderOf(response, ControlHeaders.Name)),
            long.TryParse(HeaderOf(response, ControlHeaders.Length), out long length) ? length : throw Broken());
        var output = destination(file);
        long written = await CopyAsync(response, output, cancellationToken);
        string end = response.TrailingHeaders.TryGetValues(ControlHeaders.End, out var values) ? values.First() : "";
        if (end != ControlHeaders.Done)
        {
            throw TryReadError(Encoding.UTF8.GetBytes(end)) is { } error ? new ControlException(500, error) : Broken();
        }

        long expected = file.Length - wanted.Offset;
        if (wanted.Range is not null)
        {
            bool isRange = ContentRange.TryParse(HeaderOf(response, ControlHeaders.Range), out var range);
            expected = isRange ? range.Of(file.Length)?.Count ?? 0 : throw Broken();
        }

        return written == expected ? file : throw Broken();
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose() => _http.Dispose();

    private static ByteArrayContent KeyBody(string key) => Body(new KeyRequest(key), ControlJson.Default.KeyRequest);

    private static ByteArrayContent Body(FetchRequest wanted) => Body(
        new ContentRequest(wanted.Key, wanted.Paths, wanted.Offset, wanted.OnlyFile, wanted.Range),
        ControlJson.Default.ContentRequest);

    internal static ByteArrayContent Body<T>(T value, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static HttpRequestMessage NewRequest(HttpMethod method, string path, HttpContent? content) =>
        new(method, new Uri(Root, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };

    internal async Task<T> CallAsync<T>(
        HttpMethod method,
        string path,
        HttpContent? content,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken)
        where T : class
    {
        using var request = NewRequest(method, path, content);
        using var response = await SendAsync(request, cancellationToken);
        byte[] bytes = await ReadAllAsync(response, MaxAnswerBytes, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw Broken();
        }
        catch (JsonException)
        {
            throw Broken();
        }
    }

    /// <summary>What it means that the socket could not be connected to.</summary>
    internal static ControlException Unreachable(SocketError cause) => new(503, cause switch
    {
        // The runtime's word for a file that does not exist is that its address is not available.
        SocketError.AddressNotAvailable or SocketError.ConnectionRefused => new ControlError(
            NotRunning,
            "no node is running on this data folder",
            "start one with veil run, or name its folder with --data DIR or VEIL_DATA"),
        SocketError.AccessDenied => new ControlError(
            NotAllowed,
            "the data folder and its node belong to another user",
            "run it as the node's user, for example sudo -u veil veil status"),
        _ => new ControlError(
            NotReached,
            $"the node cannot be asked: {cause} at its control socket",
            "veil doctor looks for the cause; if the node is overloaded, try again"),
    });

    // An answer that is no success ends here.
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException failure) when (failure.InnerException is SocketException cause)
        {
            throw Unreachable(cause.SocketErrorCode);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw Broken();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The node went away while the body waited for its source.
            throw Broken();
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            byte[] bytes = await ReadAllAsync(response, MaxErrorBytes, cancellationToken);
            throw TryReadError(bytes) is { } error ? new ControlException((int)response.StatusCode, error) : Broken();
        }
    }

    private static async Task<long> CopyAsync(
        HttpResponseMessage response,
        Stream output,
        CancellationToken cancellationToken)
    {
        using var input = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[128 * 1024];
        long written = 0;
        while (true)
        {
            int count = await ReadAsync(input, buffer, cancellationToken);
            if (count == 0)
            {
                return written;
            }

            await output.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            written += count;
        }
    }

    // Apart from writing, whose faults are the caller's disk's.
    private static async Task<int> ReadAsync(Stream input, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await input.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw Broken();
        }
    }

    private static async Task<byte[]> ReadAllAsync(
        HttpResponseMessage response,
        int limit,
        CancellationToken cancellationToken)
    {
        using var collected = new MemoryStream();
        using var input = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[16 * 1024];
        while (await ReadAsync(input, buffer, cancellationToken) is var count and > 0)
        {
            collected.Write(buffer, 0, count);
            if (collected.Length > limit)
            {
                throw Broken();
            }
        }

        return collected.ToArray();
    }

    private static string HeaderOf(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.First() : throw Broken();

    private static ControlError? TryReadError(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ControlJson.Default.ErrorAnswer)?.Error;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ControlException Broken() => new(502, new ControlError(
        Gone, "the node ended in the middle of its answer", "its log says why; start it again and try once more"));
}
