using System.Net;
using System.Security.Cryptography;
using Veil.Content.Edge;
using Veil.Content.Fetching;
using Veil.Content.Keys;
using Veil.Gateway;
using Veil.Gateway.Sites;
using Veil.Gateway.Socks;
using Veil.Node.Exits;
using Veil.Node.Names;
using Veil.Node.Observing;

namespace Veil.Node.Roles;

/// <summary>SOCKS and the sites behind it, for the local user.</summary>
internal sealed class GatewayRole : IAsyncDisposable
{
    private const string SecretSetting = "site-secret";
    private const int SecretBytes = 32;

    private readonly NodeOptions _options;
    private readonly NodeSeams _seams;
    private readonly ContentReader _reader;
    private readonly ExitClient _exits;
    private readonly NodeNames _names;
    private VeilSite? _site;
    private SocksServer? _socks;

    internal GatewayRole(
        NodeOptions options, NodeSeams seams, ContentReader reader, ExitClient exits, NodeNames names)
    {
        _options = options;
        _seams = seams;
        _reader = reader;
        _exits = exits;
        _names = names;
    }

    /// <summary>What it counts.</summary>
    internal GatewayCounters Counters { get; } = new();

    /// <summary>Where SOCKS is accepted, once it is.</summary>
    internal IPEndPoint? EndPoint => _socks?.EndPoint as IPEndPoint;

    /// <summary>Accepts from now on.</summary>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        var environment = new GatewayEnvironment(_options.Gateway, _seams.Time, _seams.Loggers, Counters);
        byte[] secret = await SecretAsync(cancellationToken);
        _site = new VeilSite(secret, OpenAsync, environment, _names.TargetAsync);
        CryptographicOperations.ZeroMemory(secret);
        await _site.StartAsync(cancellationToken);
        _socks = new SocksServer(
            _seams.Listeners, _site, new SocksExits(() => _exits.HasExits, _exits.ConnectAsync), environment);
        await _socks.StartAsync(
            _options.Socks ?? throw new ArgumentException("a gateway needs an address for SOCKS"),
            cancellationToken);
    }

    /// <summary>The address of a key for a client without a SOCKS credential.</summary>
    internal string Open(ContentKey key) => _site!.Open(key, SocksIsolation.WithoutCredential);

    /// <summary>Stops accepting, ends what is being served.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_socks is not null)
        {
            await _socks.DisposeAsync();
        }

        if (_site is not null)
        {
            await _site.DisposeAsync();
        }
    }

    private async Task<ContentObject> OpenAsync(ContentKey key, IsolationGroup group,
        CancellationToken cancellationToken)
    {
        _seams.Observer?.SawKey(key);
        var content = await _reader.OpenAsync(key, group, cancellationToken);
        return _seams.Observer is { } observer ? new ObservedContent(content, observer) : content;
    }

    // The same at every start, so that an address that a browser remembers keeps its meaning and its origin.
    private async Task<byte[]> SecretAsync(CancellationToken cancellationToken)
    {
        if (_seams.State is { } state
            && await state.GetSettingAsync(SecretSetting, cancellationToken) is { Length: SecretBytes * 2 } known)
        {
            return Convert.FromHexString(known);
        }

        var secret = new byte[SecretBytes];
        _seams.Secrets.Fill(secret);
        if (_seams.State is { } remembering)
        {
            await remembering.SetSettingAsync(SecretSetting, Convert.ToHexStringLower(secret), cancellationToken);
        }

        return secret;
    }
}
