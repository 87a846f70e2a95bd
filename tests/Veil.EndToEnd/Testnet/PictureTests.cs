using Veil.Node.Control;
using Veil.Tools.Testnet.Processes;
using Xunit;

namespace Veil.EndToEnd.Testnet;

/// <summary>Pictures without metadata, signatures and ranges over a network of real processes.</summary>
[Collection(RunningTestnet.Collection)]
public sealed class PictureTests(RunningTestnet network) : IClassFixture<RunningTestnet>
{
    private static readonly byte[] _hidden = "taken at 52.5 N 13.4 E"u8.ToArray();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cleaned_and_signed_picture_goes_on_after_a_kill_and_arrives_without_metadata_also_in_ranges()
    {
        string[] owner = ["--data", network.Data("gateway1")];
        string[] reader = ["--data", network.Data("gateway2")];
        var (full, clean) = Picture(40 << 20);
        var file = Path.Combine(network.Folder, "beach.jpg");
        await File.WriteAllBytesAsync(file, full, Token);
        var made = await RunningTestnet.VeilAsync(["key", "new", "signer", .. owner]);
        string[] add = ["add", file, "--strip-metadata", "--licence", "CC0-1.0", "--sign", "signer", .. owner];

        // The node is killed with the picture under way; the same command goes on with the same bytes.
        await KillAmidAsync(add);
        await network.DoAsync("start", "gateway1");
        var added = await RunningTestnet.VeilAsync(add);
        var key = added.GetProperty("key").GetString()!;
        Assert.Equal(clean.Length, added.GetProperty("bytes").GetInt64());

        var copy = Path.Combine(network.Folder, "got.jpg");
        var got = await RunningTestnet.VeilAsync(["get", key, "-o", copy, .. reader]);
        Assert.Equal(clean, await File.ReadAllBytesAsync(copy, Token));
        Assert.Equal(made.GetProperty("address").GetString(), got.GetProperty("signed_by").GetString());
        Assert.Equal("CC0-1.0", got.GetProperty("licence").GetString());

        Assert.Equal(clean[..2], await CatAsync(key, "0-1", reader));
        Assert.Equal(clean[^500..], await CatAsync(key, "-500", reader));
        Assert.Equal(clean[7_000_000..7_600_001], await CatAsync(key, "7000000-7600000", reader));
        Assert.Equal(clean[^9..], await CatAsync(key, $"{clean.Length - 9}-", reader));
    }

    private async Task KillAmidAsync(string[] add)
    {
        using var store = new ControlClient(ControlSocket.In(network.Data("store1")));
        var before = await BlocksAsync(store);
        using var adding = ToolProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "veil.dll"), .. add]);
        var said = adding.StandardError.ReadLineAsync(Token);
        Assert.StartsWith("sharing ", await said, StringComparison.Ordinal);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (await BlocksAsync(store) == before)
        {
            Assert.False(limit.IsCancellationRequested, "nothing is stored");
        }

        // Not by the tool, whose start takes as long as the rest of the publication.
        Assert.True(Signals.Send(ProcessTable.Find(network.Id, Part.Node, "gateway1")!, Signals.Kill));
        await adding.StandardError.ReadToEndAsync(Token);
        await adding.WaitForExitAsync(Token);
        Assert.Equal(1, adding.ExitCode);
    }

    private static async Task<long> BlocksAsync(ControlClient store) =>
        (await store.GetStatusAsync(Token)).Store!.Blocks;

    private static async Task<byte[]> CatAsync(string key, string range, string[] reader)
    {
        using var process = ToolProcess.Start(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "veil.dll"), "cat", key, "--range", range, .. reader]);
        var errors = process.StandardError.ReadToEndAsync(Token);
        MemoryStream output = new();
        await process.StandardOutput.BaseStream.CopyToAsync(output, Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, await errors);
        return output.ToArray();
    }

    // A JPEG of segments that decoders walk through; its coded data is of any bytes but the mark.
    private static (byte[] Full, byte[] Clean) Picture(int bytes)
    {
        var coded = TestnetTests.Bytes(bytes);
        for (var index = 0; index < coded.Length; index++)
        {
            if (coded[index] == 0xFF) coded[index] = 0;
        }

        byte[] rest =
        [
            0xFF, 0xC0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0,
            0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, .. coded, 0xFF, 0xD9,
        ];
        byte[] comment = [0xFF, 0xFE, 0, (byte)(_hidden.Length + 2), .. _hidden];
        return ([0xFF, 0xD8, .. comment, .. rest, .. _hidden], [0xFF, 0xD8, .. rest]);
    }
}
