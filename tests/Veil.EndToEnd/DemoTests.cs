using System.Text.Json;
using Xunit;

namespace Veil.EndToEnd;

/// <summary>The `veil` program as a user starts it.</summary>
public sealed class DemoTests
{
    private const string Veil = "veil.dll";

    [Fact]
    public async Task The_demo_shares_a_file_and_says_what_each_party_saw()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("veil-demo-test-");
        try
        {
            string path = Path.Combine(folder.FullName, "note.txt");
            await File.WriteAllTextAsync(path, new string('v', 100_000), TestContext.Current.CancellationToken);

            var result = await ToolProcess.RunAsync(Veil, "demo", "--json", "--file", path);

            Assert.True(result.ExitCode == 0, result.Output + result.Errors);
            using var document = JsonDocument.Parse(result.Output);
            var root = document.RootElement;
            Assert.True(root.GetProperty("ok").GetBoolean());
            Assert.Equal("note.txt", root.GetProperty("file").GetString());
            Assert.Equal(100_000, root.GetProperty("bytes").GetInt64());
            Assert.True(root.GetProperty("ratio").GetDouble() > 0);
            var parties = root.GetProperty("parties").EnumerateArray().ToList();
            Assert.Equal(14, parties.Count);
            Assert.All(
                parties.Where(party => party.GetProperty("role").GetString(
                    ) is "relay" or "relay, store" or "authority"),
                party => Assert.Equal(0, party.GetProperty("keys").GetInt32() + party.GetProperty(
                    "plaintext_bytes").GetInt64()));
            Assert.Contains(parties, party => party.GetProperty("blocks").GetInt32() > 0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("no_file", 1, "demo", "--json", "--file", "/nowhere/at/all")]
    [InlineData("is_folder", 1, "demo", "--json", "--file", "/")]
    [InlineData("usage", 2, "demo", "--json", "--size", "many")]
    [InlineData("usage", 2, "demo", "--json", "--size", "1", "--file", "x")]
    public async Task A_mistake_is_named_with_a_hint(string code, int exitCode, params string[] arguments)
    {
        var result = await ToolProcess.RunAsync(Veil, arguments);

        Assert.Equal(exitCode, result.ExitCode);
        using var document = JsonDocument.Parse(result.Output);
        var error = document.RootElement.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEmpty(error.GetProperty("hint").GetString()!);
    }

    [Fact]
    public async Task Help_and_version_answer_and_nonsense_is_wrong_usage()
    {
        var help = await ToolProcess.RunAsync(Veil, "--help");
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("demo", help.Output, StringComparison.Ordinal);
        var version = await ToolProcess.RunAsync(Veil, "--version");
        Assert.Equal(0, version.ExitCode);
        Assert.StartsWith("0.1.0", version.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await ToolProcess.RunAsync(Veil, "nonsense")).ExitCode);
    }
}
