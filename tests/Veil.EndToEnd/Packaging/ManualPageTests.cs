using Veil.Tools.Release;
using Veil.Tools.Release.Debian;
using Xunit;

namespace Veil.EndToEnd.Packaging;

/// <summary>The manual page is what the help says.</summary>
public sealed class ManualPageTests
{
    private static readonly ReleaseFacts _release = new(
        "1.2.3", new string('a', 40), DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), ["linux-x64"]);

    [Fact]
    public void Help_is_taken_apart_into_description_usage_and_columns()
    {
        var help = HelpText.Parse(
            "Description:\n  Does it.\n  \n  Examples:\n    veil it\n\nUsage:\n  veil it <PATH> [options]\n\n"
            + "Arguments:\n  <PATH>  the file\n\nOptions:\n  --size <SIZE>   how much\n                  of it\n"
            + "  -?, -h, --help  Show help\n\nCommands:\n  run <A>  Run.\n"
            + "  \n           Examples:\n             veil run\n");

        Assert.Equal(["Does it.", "", "Examples:", "  veil it"], help.Description);
        Assert.Equal("veil it <PATH> [options]", help.Usage);
        Assert.Equal(["Arguments", "Options", "Commands"], help.Sections.Select(section => section.Title));
        Assert.Equal([("--size <SIZE>", "how much of it"), ("-?, -h, --help", "Show help")], help.Sections[1].Entries);
        Assert.Equal(["run"], help.Commands);
    }

    [Fact]
    public void What_is_no_help_is_refused() =>
        Assert.Throws<ReleaseException>(() => HelpText.Parse("Segmentation fault"));

    [Fact]
    public void Every_command_and_option_of_the_help_is_on_the_page()
    {
        var root = HelpText.Parse("Description:\n  All.\n\nUsage:\n  veil [command]\n\nCommands:\n  it  Does it.\n");
        var it = HelpText.Parse("Description:\n  .Does it.\n\nUsage:\n  veil it\n\nOptions:\n  --data <DIR>  where\n");

        var page = ManualPage.Write(_release, [("", root), ("it", it)], ".SH EXIT STATUS\n");

        Assert.StartsWith(".TH VEIL 1 \"2023-11-14\" \"Veil 1.2.3\"", page);
        Assert.Contains(".SS \"veil it\"\n", page);
        Assert.Contains(".B \\-\\-data <DIR>\nwhere\n", page);
        Assert.Contains("\n\\&.Does it.\n", page);
        Assert.EndsWith(".SH EXIT STATUS\n", page);
    }

    [Fact]
    public async Task The_page_of_the_present_program_has_all_its_commands()
    {
        var pages = new List<(string, HelpText)>();
        var ahead = new Stack<string>([""]);
        while (ahead.TryPop(out var command))
        {
            string[] words = [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"];
            var help = HelpText.Parse((await ToolProcess.RunAsync("veil.dll", words)).Output);
            pages.Add((command, help));
            // The help of the commands below the first level is read when a release is made.
            Array.ForEach(command.Length == 0 ? [.. help.Commands.Take(2)] : Array.Empty<string>(), ahead.Push);
        }

        var page = ManualPage.Write(_release, pages, PackagingFiles.Read("packaging/veil.1.tail"));

        Assert.All(pages.Skip(1), entry => Assert.Contains($".SS \"veil {entry.Item1}\"", page));
        Assert.DoesNotContain(page.Split('\n'), line => line.StartsWith('\''));
    }
}
