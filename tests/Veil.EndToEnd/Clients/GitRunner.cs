using Xunit;

namespace Veil.EndToEnd.Clients;

/// <summary>Git with no settings but the test's own.</summary>
internal sealed class GitRunner(string program, string folder)
{
    private readonly Dictionary<string, string> _environment = new()
    {
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_SYSTEM"] = "/dev/null",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["GIT_AUTHOR_NAME"] = "tester",
        ["GIT_AUTHOR_EMAIL"] = "tester@veil-test.example",
        ["GIT_COMMITTER_NAME"] = "tester",
        ["GIT_COMMITTER_EMAIL"] = "tester@veil-test.example",
    };

    /// <summary>Where the program is.</summary>
    internal string Program => program;

    /// <summary>Where its repositories are.</summary>
    internal string Folder => folder;

    /// <summary>Runs it; it must succeed.</summary>
    /// <returns>What it printed.</returns>
    internal async Task<string> RunAsync(params string[] arguments)
    {
        var result = await ToolProcess.RunProgramAsync(_environment, program, arguments);
        Assert.True(result.ExitCode == 0, $"git {string.Join(' ', arguments)}: {result.Errors}");
        return result.Output.Trim();
    }

    /// <summary>Commits a file with these bytes.</summary>
    /// <returns>The commit's id.</returns>
    internal async Task<string> CommitAsync(string work, string name, byte[] bytes)
    {
        await File.WriteAllBytesAsync(Path.Combine(work, name), bytes, TestContext.Current.CancellationToken);
        await RunAsync("-C", work, "add", name);
        await RunAsync("-C", work, "commit", "--quiet", "--message", name);
        return await RunAsync("-C", work, "rev-parse", "HEAD");
    }
}
