using System.ComponentModel;
using System.Diagnostics;
using Veil.Cli.Commands;
using Veil.Cli.Completion;
using Veil.Cli.Output;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>The shells' own opinion of the scripts.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-completion-");

    public CompletionTests()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "photo one.jpg"), "");
        System.IO.Directory.CreateDirectory(Path.Combine(_folder.FullName, "phone"));
    }

    [Theory]
    [InlineData("sta", "status")]
    [InlineData("com", "completion")]
    [InlineData("network n", "new")]
    [InlineData("add --js", "--json")]
    [InlineData("get --key", "--key-file")]
    [InlineData("add pho", "phone|photo one.jpg")]
    [InlineData("get --key-file pho", "phone|photo one.jpg")]
    [InlineData("status --data ph", "phone")]
    [InlineData("run --roles re", "relay")]
    [InlineData("run --roles relay,st", "relay,store")]
    [InlineData("completion z", "zsh")]
    [InlineData("status --check ", "--check|--data|--json")]
    public async Task Bash_completes_commands_options_paths_and_roles(string typed, string expected)
    {
        // Words as readline would give them: the last one is the one under the cursor.
        string[] words = ["veil", .. typed.Split(' ')];
        string script =
            $"""
            source veil.bash
            compopt() {"{ :; }"}
            COMP_WORDS=({string.Join(' ', words.Select(word => $"'{word}'"))})
            COMP_CWORD={words.Length - 1}
            _veil
            printf '%s\n' "${"{COMPREPLY[@]}"}"
            complete -p veil >&2
            """;

        var (output, errors) = await RunShellAsync("bash", "veil.bash", BashScript.Write, script);

        Assert.Equal("complete -F _veil veil", errors.Trim());
        var offered = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word is not ("-h" or "--help"));
        Assert.Equal(expected.Split('|'), offered.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Zsh_can_read_its_script()
    {
        var (_, errors) = await RunShellAsync("zsh", "_veil", ZshScript.Write, "zsh -n _veil");

        Assert.Equal("", errors);
    }

    [Theory]
    [InlineData("veil sta", "status")]
    [InlineData("veil network ", "new")]
    [InlineData("veil get --key", "--key-file")]
    [InlineData("veil completion z", "zsh")]
    [InlineData("veil run --roles relay,st", "relay,store")]
    public async Task Fish_completes_commands_and_options(string typed, string expected)
    {
        var (output, errors) = await RunShellAsync(
            "fish", "veil.fish", FishScript.Write, $"source veil.fish; complete -C '{typed}'");

        Assert.Equal("", errors);
        var offered = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([expected], offered.Select(line => line.Split('\t')[0]));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<(string Output, string Errors)> RunShellAsync(
        string shell,
        string name,
        Func<CompletionTree, string> write,
        string command)
    {
        var tree = CompletionTree.Of(CommandTree.Create(Terminal.OfProcess()));
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, name), write(tree), TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo(shell)
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);

            // The script itself is no match.
            return (await output, await errors);
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{shell} is not installed here: install it to have its script tried");
            throw;
        }
    }
}
