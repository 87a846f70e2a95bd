using System.Text;
using System.Text.Json;
using Veil.Cli.Output;
using Veil.Content.Eris;
using Veil.Content.Keys;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>`veil eris`, in this process (spec/block.md, section 6).</summary>
public sealed class ErisCommandTests : IDisposable
{
    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("veil-eris-");

    [Fact]
    public async Task Every_positive_vector_is_encoded_verified_and_decoded_by_the_commands()
    {
        foreach (var vector in Vectors("positive"))
        {
            string folder = At($"blocks-{vector.GetProperty("id")}");
            byte[] content = Bytes(vector, "content");
            string source = await WriteAsync("content", content);
            string digits = Convert.ToHexString(Bytes(vector, "convergence-secret"));
            string secret = await WriteAsync("secret", Encoding.ASCII.GetBytes(digits));

            var encoded = (await CommandRun.OfAsync(
                "eris", "encode", source, "--blocks", folder, "--block-size", $"{vector.GetProperty("block-size")}",
                "--secret-file", secret, "--json")).Done();
            string urn = encoded.GetProperty("urn").GetString()!;
            var verified = await CommandRun.WithInputAsync(urn, "eris", "verify", "-", "--blocks", folder, "--json");
            var decoded = await CommandRun.WithInputAsync(urn, "eris", "decode", "-", "--blocks", folder, "-o", "-");

            Assert.Equal(vector.GetProperty("urn").GetString(), urn);
            Assert.Equal(content.Length, encoded.GetProperty("bytes").GetInt64());
            Assert.Equal(
                vector.GetProperty("blocks").EnumerateObject().DistinctBy(block => block.Name).ToDictionary(
                    block => block.Name, block => block.Value.GetString()),
                System.IO.Directory.GetFiles(folder).ToDictionary(
                    file => Path.GetFileName(file),
                    file => (string?)Base32.Encode(File.ReadAllBytes(file), Base32Case.Upper)));
            Assert.Equal(
                encoded.GetProperty("blocks").GetInt64(), verified.Done().GetProperty("blocks").GetInt64());
            Assert.Equal((ExitCodes.Done, ""), (decoded.ExitCode, decoded.Error));
            Assert.Equal(content, decoded.Content);
        }
    }

    [Fact]
    public async Task Every_negative_vector_is_refused_and_leaves_no_file()
    {
        foreach (var vector in Vectors("negative"))
        {
            string folder = At(vector.GetProperty("id").GetRawText());
            System.IO.Directory.CreateDirectory(folder);
            foreach (var block in vector.GetProperty("blocks").EnumerateObject())
            {
                await File.WriteAllBytesAsync(
                    Path.Combine(folder, block.Name),
                    FromBase32(block.Value.GetString()!),
                    TestContext.Current.CancellationToken);
            }

            string urn = vector.GetProperty("urn").GetString()!;
            var verified = await CommandRun.OfAsync("eris", "verify", urn, "--blocks", folder, "--json");
            var decoded = await CommandRun.OfAsync(
                "eris", "decode", urn, "--blocks", folder, "-o", At("out"), "--json");

            int expected = verified.ErrorCode() == "not_found" ? ExitCodes.NotFound : ExitCodes.VerificationFailed;
            Assert.Equal((expected, expected), (verified.ExitCode, decoded.ExitCode));
            Assert.Equal(verified.ErrorCode(), decoded.ErrorCode());
            Assert.Empty(System.IO.Directory.GetFiles(_root.FullName, "out*"));
        }
    }

    [Fact]
    public async Task Few_blocks_that_stand_for_much_stop_at_the_size_that_was_allowed()
    {
        // 4 MiB of zeros: 129 leaves, of which 128 are one and the same block.
        string source = await WriteAsync("zeros", new byte[4 << 20]);
        string urn = (await CommandRun.OfAsync("eris", "encode", source, "-b", At("few"))).Out.Trim();
        Assert.Equal(3, System.IO.Directory.GetFiles(At("few")).Length);

        var refused = await CommandRun.OfAsync(
            "eris", "decode", urn, "-b", At("few"), "-o", At("out"), "--max-size", "4194303", "--json");
        var flat = await CommandRun.OfAsync("eris", "verify", urn, "-b", At("few"), "--max-size", "10", "--json");
        var allowed = await CommandRun.OfAsync("eris", "verify", urn, "-b", At("few"), "--max-size", "4MiB");

        Assert.Equal((ExitCodes.Failed, "too_large"), (refused.ExitCode, refused.ErrorCode()));
        Assert.Equal("too_large", flat.ErrorCode());
        Assert.Equal(ExitCodes.Done, allowed.ExitCode);
        Assert.False(File.Exists(At("out")));
    }

    [Fact]
    public async Task Blocks_are_the_same_each_time_unless_they_are_to_be_unique()
    {
        string source = await WriteAsync("a", "hello"u8.ToArray());

        var runs = new List<string>();
        foreach (string[] more in (string[][])[[], [], ["--unique"], ["--unique"]])
        {
            runs.Add((await CommandRun.OfAsync(["eris", "encode", source, "-b", At("same"), .. more])).Out);
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.Equal(3, runs.Distinct().Count());
        Assert.Equal(3, System.IO.Directory.GetFiles(At("same")).Length);
    }

    [Theory]
    [InlineData("bad_urn", "verify", "urn:eris:abc", "--blocks", ".")]
    [InlineData("usage", "verify", "--blocks", ".")]
    [InlineData("no_file", "encode", "absent", "--blocks", "made")]
    [InlineData("bad_value", "encode", "absent", "--blocks", "made", "--block-size", "4KiB")]
    [InlineData("usage", "encode", "absent", "--blocks", "made", "--unique", "--secret-file", "x")]
    public async Task Mistakes_are_told_and_nothing_is_made(string code, params string[] args)
    {
        string[] placed = [.. args.Select(arg => arg is "absent" or "made" ? At(arg) : arg)];

        var run = await CommandRun.OfAsync(["eris", .. placed, "--json"]);

        Assert.Equal(code, run.ErrorCode());
        Assert.NotEqual(ExitCodes.Done, run.ExitCode);
        Assert.Empty(_root.GetFileSystemInfos());
    }

    [Fact]
    public async Task A_file_that_is_there_stays_unless_forced()
    {
        string source = await WriteAsync("a", "hello"u8.ToArray());
        string there = await WriteAsync("there", "mine"u8.ToArray());
        string urn = (await CommandRun.OfAsync("eris", "encode", source, "-b", At("b"))).Out.Trim();
        string[] line = ["eris", "decode", urn, "-b", At("b"), "-o", there, "--json"];

        var refused = await CommandRun.OfAsync(line);
        string kept = await File.ReadAllTextAsync(there, TestContext.Current.CancellationToken);
        var forced = await CommandRun.OfAsync([.. line, "--force"]);

        Assert.Equal(("exists", "mine"), (refused.ErrorCode(), kept));
        Assert.Equal(5, forced.Done().GetProperty("bytes").GetInt64());
        Assert.Equal("hello", await File.ReadAllTextAsync(there, TestContext.Current.CancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose() => _root.Delete(recursive: true);

    private static IEnumerable<JsonElement> Vectors(string type) =>
        System.IO.Directory.GetFiles(VectorFolder.Require("eris"), "*.json").Order()
            .Select(file => JsonDocument.Parse(File.ReadAllBytes(file)).RootElement)
            .Where(vector => vector.GetProperty("type").GetString() == type);

    private static byte[] Bytes(JsonElement vector, string name) => FromBase32(vector.GetProperty(name).GetString()!);

    private static byte[] FromBase32(string text)
    {
        var bytes = new byte[text.Length * 5 / 8];
        Assert.True(Base32.TryDecode(text, Base32Case.Upper, bytes));
        return bytes;
    }

    private string At(string name) => Path.Combine(_root.FullName, name);

    private async Task<string> WriteAsync(string name, byte[] bytes)
    {
        await File.WriteAllBytesAsync(At(name), bytes, TestContext.Current.CancellationToken);
        return At(name);
    }
}
