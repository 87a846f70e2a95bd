using System.Diagnostics;
using Veil.Cli.Output;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>`veil network new`, in this process.</summary>
public sealed class NetworkCommandTests : IDisposable
{
    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("veil-cli-");

    private string Folder => Path.Combine(_root.FullName, "net");

    [Fact]
    public async Task Mistakes_are_told_all_at_once_and_nothing_is_made()
    {
        string mistyped = await RefusedAsync("a1", "a2=192.0.2.2:9301", "a 3=192.0.2.3:9301");
        string broken = await RefusedAsync("a1=10.0.0.1:9301", "A1=9.9.9.9:9301", "a2=10.0.0.2:9301");

        Assert.All(
            ["--authority a1 ", "--authority a 3="],
            part => Assert.Contains(part, mistyped, StringComparison.Ordinal));
        Assert.All(
            ["2 authorities are called a1", "10.0.0.1:9301", "10.0.0.2:9301"],
            part => Assert.Contains(part, broken, StringComparison.Ordinal));
        Assert.False(System.IO.Directory.Exists(Folder));
    }

    [Fact]
    public async Task What_was_forgotten_can_be_added_and_the_same_line_works()
    {
        string[] line = ["network", "new", Folder, "--json", "--authority", "a1=10.0.0.1:9301", "--epoch", "5"];

        var refused = await CommandRun.OfAsync(line);
        var made = await CommandRun.OfAsync([.. line, "--lab"]);

        Assert.Equal((ExitCodes.Usage, "usage"), (refused.ExitCode, refused.ErrorCode()));
        Assert.Equal(ExitCodes.Done, made.ExitCode);
        Assert.Single(made.Done().GetProperty("folders").EnumerateArray());
    }

    [Fact]
    public async Task A_folder_that_cannot_be_looked_into_is_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "root may look everywhere");
        System.IO.Directory.CreateDirectory(Folder);
        await Process.Start("chmod", ["000", Folder]).WaitForExitAsync(TestContext.Current.CancellationToken);

        var run = await CommandRun.OfAsync("network", "new", Folder, "--json", "--authority", "a1=9.9.9.9:9301");

        Assert.Equal((ExitCodes.Failed, "io"), (run.ExitCode, run.ErrorCode()));
    }

    public void Dispose() => _root.Delete(recursive: true);

    private async Task<string> RefusedAsync(params string[] authorities)
    {
        var run = await CommandRun.OfAsync(
            ["network", "new", Folder, "--json", .. authorities.SelectMany(text => new[] { "--authority", text })]);
        Assert.Equal((ExitCodes.Usage, "usage"), (run.ExitCode, run.ErrorCode()));
        return run.Object().GetProperty("error").GetProperty("message").GetString()!;
    }
}
