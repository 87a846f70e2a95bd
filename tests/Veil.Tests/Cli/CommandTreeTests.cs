using System.CommandLine;
using System.Diagnostics;
using Veil.Cli.Commands;
using Veil.Cli.Output;
using Veil.Tests.Content.Names;
using Veil.Tests.Gateway;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>What every command does alike: help, usage, no node, one object.</summary>
public sealed class CommandTreeTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-cli-");

    /// <summary>Each command that needs a node, with arguments that are fine.</summary>
    public static TheoryData<string[]> NodeCommands => new(
        ["status"],
        ["status", "--check"],
        ["get", Library.Key(1).Format(), "-o", "never"],
        ["open", Library.Key(1).Format()],
        ["deny", Library.Key(1).Format()],
        ["ls"],
        ["rm", "abc"],
        ["set", "Limits:Rate=1"],
        ["set"],
        ["get", NameRig.Key(1).Address.Format(), "-o", "never"],
        ["open", NameRig.Key(1).Address.Format()],
        ["resolve", NameRig.Key(1).Address.Format()],
        ["follow", NameRig.Key(1).Address.Format()],
        ["unfollow", NameRig.Key(1).Address.Format()],
        ["follows"],
        ["add", typeof(CommandTreeTests).Assembly.Location]);

    /// <summary>Lines that no command understands.</summary>
    public static TheoryData<string[]> Mistakes => new(
        ["nonsense"],
        ["add"],
        ["add", "one", "two"],
        ["get", "--nonsense", "x"],
        ["completion", "tcsh"],
        ["get"],
        ["get", "veil:x", "--key-file", "y"],
        ["keep", Library.Key(1).Format(), "--repair-key", "y"],
        ["check", "--key-file", "x", "--repair-key", "y"],
        ["add", ""],
        ["add", "h.txt", "--previous-file", ""],
        ["publish", "n1", ""],
        ["get", Library.Key(1).Format(), "-o", ""],
        ["get", "--key-file", "", "-o", "x"],
        ["key", "export", "n1", ""],
        ["keep", "--repair-key", ""],
        ["keep", "--repair-key="],
        ["key", "export", "n1", "-"],
        ["set", "Limits:Rate"],
        ["key"],
        ["key", "new"],
        ["publish", "blog"],
        ["resolve"],
        ["set", "=1"],
        ["get", Library.Key(1).Format(), "-o", "-", "--json"]);

    [Theory]
    [MemberData(nameof(NodeCommands))]
    public async Task Without_a_node_each_command_is_3_and_says_what_to_do(string[] args)
    {
        string[] line = [.. args, "--data", _folder.FullName];

        var run = await CommandRun.OfAsync(line);
        var json = await CommandRun.OfAsync([.. line, "--json"]);

        Assert.Equal((ExitCodes.NotRunning, ""), (run.ExitCode, run.Out));
        Assert.Contains("error: no node is running", run.Error, StringComparison.Ordinal);
        Assert.Contains("hint: start one with veil run", run.Error, StringComparison.Ordinal);
        Assert.Equal((ExitCodes.NotRunning, "node_not_running"), (json.ExitCode, json.ErrorCode()));
        Assert.False(File.Exists("never"));
    }

    [Fact]
    public async Task A_start_that_fails_is_one_object_with_the_exit_code_it_has_without()
    {
        string[] line = ["run", "--data", _folder.FullName];

        var run = await CommandRun.OfAsync(line);
        var json = await CommandRun.OfAsync([.. line, "--json"]);

        Assert.Equal((ExitCodes.Usage, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Equal((ExitCodes.Usage, "no_network"), (json.ExitCode, json.ErrorCode()));
    }

    [Fact]
    public async Task A_file_whose_name_begins_with_an_at_sign_is_not_read_for_arguments()
    {
        string named = Path.Combine(_folder.FullName, "@pic.jpg");
        await File.WriteAllTextAsync(named, "secret words", TestContext.Current.CancellationToken);

        var run = await CommandRun.OfAsync("add", $"@{named}", "--json", "--data", _folder.FullName);

        Assert.Equal((ExitCodes.Failed, "no_file"), (run.ExitCode, run.ErrorCode()));
        Assert.DoesNotContain("words", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_line_that_is_wrong_is_2_with_a_line_that_helps(string[] args)
    {
        var run = await CommandRun.OfAsync([.. args, "--data", _folder.FullName]);
        var json = await CommandRun.OfAsync([.. args, "--data", _folder.FullName, "--json"]);

        if (!args.Contains("--json"))
        {
            Assert.Equal((ExitCodes.Usage, ""), (run.ExitCode, run.Out));
            Assert.Equal(2, run.Error.Trim().Split('\n').Length);
            Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        }

        Assert.Equal((ExitCodes.Usage, "usage"), (json.ExitCode, json.ErrorCode()));
    }

    [Fact]
    public void Every_command_has_help_with_an_example_and_takes_json_and_data()
    {
        var root = CommandTree.Create(Terminal.OfProcess());
        var commands = root.Subcommands.Where(command => !command.Hidden).ToList();

        Assert.True(commands.Count >= 12);
        Assert.All(commands.Where(command => command.Subcommands.Count == 0), command =>
            Assert.Contains("Example", command.Description, StringComparison.Ordinal));
        string[] elsewhere = ["run", "network", "demo", "eris", "key", "store"];
        Assert.All(commands.Where(command => !elsewhere.Contains(command.Name)), command =>
            Assert.Superset(
                new HashSet<string> { "--json", "--data" },
                command.Options.Select(option => option.Name).ToHashSet()));
        Assert.All(
            commands.SelectMany(command => command.Subcommands.DefaultIfEmpty(command)),
            command => Assert.Contains("--json", command.Options.Select(option => option.Name)));
        Assert.All(["get", "open", "deny", "rm"], name => Assert.Contains(
            "seen by other users",
            commands.Single(command => command.Name == name).Description,
            StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("network", "--help")]
    public async Task A_list_of_commands_says_what_each_does_in_a_few_words(params string[] args)
    {
        var run = await CommandRun.OfAsync(args);

        string[] listed = run.Out.Split("Commands:\n")[1].TrimEnd().Split('\n');
        Assert.Equal((ExitCodes.Done, ""), (run.ExitCode, run.Error));
        Assert.All(listed, line => Assert.InRange(line.Length, 20, 120));
        Assert.All(listed, line => Assert.StartsWith("  ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_data_folder_with_a_long_path_is_told_with_the_way_out()
    {
        var run = await CommandRun.OfAsync("status", "--json", "--data", $"/tmp/{new string('x', 120)}");

        Assert.Equal((1, "path_too_long"), (run.ExitCode, run.ErrorCode()));
    }

    [Fact]
    public async Task What_cannot_be_shared_is_told_apart()
    {
        string empty = Path.Combine(_folder.FullName, "pipe");
        Assert.SkipUnless(OperatingSystem.IsLinux(), "named pipes and devices of Linux");
        await Process.Start("mkfifo", [empty]).WaitForExitAsync(TestContext.Current.CancellationToken);

        async Task<string> CodeAsync(string path) =>
            (await CommandRun.OfAsync("add", path, "--json", "--data", _folder.FullName)).ErrorCode();

        Assert.Equal("no_file", await CodeAsync(Path.Combine(_folder.FullName, "none")));
        Assert.Equal("not_a_file", await CodeAsync(empty));
        Assert.Equal("not_a_file", await CodeAsync("/dev/null"));
    }

    [Fact]
    public async Task Keys_are_read_with_a_bound_and_mistakes_name_no_part_of_them()
    {
        string key = Library.Key(5).Format();

        var none = await CommandRun.WithInputAsync("\n\n", "open", "-", "--json", "--data", _folder.FullName);
        var many = await CommandRun.WithInputAsync(new string('a', 9000), "open", "-", "--json", "--data",
            _folder.FullName);
        var wrong = await CommandRun.WithInputAsync(key[..^1], "open", "-", "--json", "--data", _folder.FullName);
        var missing = await CommandRun.OfAsync("open", "--key-file", "/none/such", "--json", "--data",
            _folder.FullName);

        Assert.Equal((2, "bad_key"), (none.ExitCode, none.ErrorCode()));
        Assert.Equal((2, "bad_key"), (many.ExitCode, many.ErrorCode()));
        Assert.Equal((2, "bad_key"), (wrong.ExitCode, wrong.ErrorCode()));
        Assert.DoesNotContain(key[5..20], wrong.Out, StringComparison.Ordinal);
        Assert.Equal((1, "no_file"), (missing.ExitCode, missing.ErrorCode()));
    }

    [Fact]
    public async Task Doctor_works_without_a_node_and_changes_nothing()
    {
        string absent = Path.Combine(_folder.FullName, "absent");

        var run = await CommandRun.OfAsync("doctor", "--json", "--data", absent);
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "veil.json"), "{ nonsense", TestContext.Current.CancellationToken);
        var broken = await CommandRun.OfAsync("doctor", "--data", _folder.FullName);

        Assert.True(run.Object().GetProperty("ok").GetBoolean());
        Assert.Equal(0, run.ExitCode);
        Assert.False(Path.Exists(absent));
        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("fail  settings:", broken.Out, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
