using System.Net;
using System.Text;
using System.Text.Json;
using Veil.Content.Manifests;
using Veil.Content.Names;
using Veil.Content.Stripes;
using Veil.Node.Control;
using Xunit;

namespace Veil.Tests.Node.Control;

/// <summary>Statements and signatures of add: spec/control.md, section 2.1.</summary>
public sealed class StatedAddTests(LabHouse house)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_node_asks_for_a_signature_of_what_it_was_told_to_publish()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        using var key = NameKey.FromSeed(new byte[32]);
        Manifest? asked = null;
        var signer = new AddSigner(key.Address, bytes =>
        {
            Assert.True(ManifestCodec.TryDecode(bytes, out asked));
            return key.SignManifest(bytes);
        });

        var added = await client.AddAsync(FileOf(100_000) with { Signer = signer }, null, Token);

        Assert.Equal(("a.txt", 100_000L), (asked!.Name, asked.Size.Length));
        var listed = await client.ListContentAsync(new FetchRequest(added.Key), Token);
        Assert.Equal((key.Address.Format(), null), (listed.SignedBy, listed.Licence));
    }

    [Fact]
    public async Task A_signature_that_does_not_hold_publishes_nothing_and_a_failure_to_sign_is_the_clients_own()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        using var key = NameKey.FromSeed(new byte[32]);

        var wrong = new AddSigner(key.Address, _ => new byte[ManifestSignature.Bytes]);
        var failing = new AddSigner(key.Address, _ => throw new ControlException(409, new("no_key", "gone", "again")));

        Assert.Equal("not_signed", await CodeOfAsync(client.AddAsync(FileOf(9) with { Signer = wrong }, null, Token)));
        Assert.Equal("no_key", await CodeOfAsync(client.AddAsync(FileOf(9) with { Signer = failing }, null, Token)));
    }

    [Fact]
    public void A_client_signs_only_what_says_what_it_was_told()
    {
        using var key = NameKey.FromSeed(new byte[32]);
        using var other = NameKey.FromSeed(Encoding.ASCII.GetBytes("another key, 32 bytes as usual.."));
        var capability = new Veil.Content.Eris.ReadCapability(32768, 0, default, default);
        var manifest = new Manifest("a.txt", new ContentSize(9), "text/plain", new(capability, capability), default)
        {
            Signature = ManifestSignature.Blank(key.Address),
        };
        var signer = new AddSigner(key.Address, key.SignManifest);
        Assert.Equal(64, signer.SignFor(FileOf(9), ManifestCodec.Encode(manifest)).Length);

        Assert.Throws<ControlException>(
            () => signer.SignFor(FileOf(9) with { Level = ParityLevel.Half }, ManifestCodec.Encode(manifest)));
        Assert.Throws<ControlException>(() => signer.SignFor(FileOf(8), ManifestCodec.Encode(manifest)));
        Assert.Throws<ControlException>(
            () => signer.SignFor(FileOf(9) with { Name = "b.txt" }, ManifestCodec.Encode(manifest)));
        Assert.Throws<ControlException>(() => signer.SignFor(
            FileOf(9), ManifestCodec.Encode(manifest with { Statements = new() { Licence = "MIT" } })));
        Assert.Throws<ControlException>(() => signer.SignFor(
            FileOf(9), ManifestCodec.Encode(manifest with { Signature = ManifestSignature.Blank(other.Address) })));
        Assert.Throws<ControlException>(() => signer.SignFor(FileOf(9), new byte[] { 0xA0 }));
    }

    [Theory]
    [InlineData("bad_licence", "{\"licence\":\"my own\"}")]
    [InlineData("bad_rights_holder", "{\"rights_holder\":\"a\\nb\"}")]
    [InlineData("bad_key", "{\"previous\":\"veil:abc\"}")]
    [InlineData("bad_name", "{\"signer\":\"abc.veil\"}")]
    [InlineData("bad_request", "{\"licence\":7}")]
    [InlineData("bad_request", "[]")]
    [InlineData("bad_request", "{\"signer\":\"SIGNER\"}")]
    public async Task What_cannot_be_is_refused_and_so_is_a_body_that_ends_before_its_signature(
        string code, string statements)
    {
        await house.ReadyAsync();
        using var key = NameKey.FromSeed(new byte[32]);
        var said = Encoding.UTF8.GetBytes(
            statements.Replace("SIGNER", key.Address.Format(), StringComparison.Ordinal));

        var answer = await SendAsync(("veil-statements", $"{said.Length}"), [.. said, 1, 2, 3]);

        using var document = JsonDocument.Parse(answer.Trim().Split('\n')[^1]);
        Assert.Equal(code, document.RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    [InlineData(-1)]
    public async Task Statements_have_a_bound(int length)
    {
        await house.ReadyAsync();
        var answer = await SendAsync(("veil-statements", $"{length}"), [1, 2, 3]);
        Assert.Contains("bad_request", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Less_redundancy_is_fewer_shares_and_one_that_there_is_not_is_refused()
    {
        await house.ReadyAsync();
        using var client = house.Connect();
        var usual = await client.AddAsync(FileOf(9), null, Token);
        var half = await client.AddAsync(FileOf(9) with { Level = ParityLevel.Half }, null, Token);
        var quarter = await client.AddAsync(FileOf(9) with { Level = ParityLevel.Quarter }, null, Token);

        // Of one block there are 9 parity shares, 5 or 3.
        Assert.Equal((4, 6), (usual.Shares - half.Shares, usual.Shares - quarter.Shares));
        foreach (string said in (string[])["none", "Half", ""])
        {
            var answer = await SendAsync(("veil-redundancy", said), [1, 2, 3]);
            Assert.Contains("bad_request", answer, StringComparison.Ordinal);
        }
    }

    private static AddFile FileOf(int length) =>
        new("a.txt", length, new MemoryStream(new byte[length]).ReadAsync);

    private static async Task<string> CodeOfAsync(Task failing) =>
        (await Assert.ThrowsAsync<ControlException>(() => failing)).Error.Code;

    private async Task<string> SendAsync((string Name, string Value) header, byte[] body)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, token) => ControlSocket.ConnectAsync(ControlSocket.In(house.Data), token),
        });
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://control/v1/add")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Headers.Add("veil-length", "3");
        request.Headers.Add("veil-name", "a.txt");
        request.Headers.Add(header.Name, header.Value);
        using var response = await http.SendAsync(request, Token);
        return await response.Content.ReadAsStringAsync(Token);
    }
}
