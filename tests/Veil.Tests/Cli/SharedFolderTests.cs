using System.Diagnostics;
using Veil.Cli.Files;
using Veil.Cli.Output;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Folders that cannot be shared as they are, and what is said then.</summary>
public sealed class SharedFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-shared-");

    /// <inheritdoc/>
    public void Dispose()
    {
        // By the shell: the runtime does not find what it cannot name.
        Shell("rm -rf -- \"$1\"");
    }

    [Theory]
    [InlineData("printf x > \"$1/$(printf 'bad\\377name')\"")]
    [InlineData("mkdir \"$1/$(printf 'bad\\377name')\"")]
    public void A_name_that_is_not_UTF_8_is_told_and_not_left_out(string script)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "file names are made of bytes on Linux");
        File.WriteAllText(Path.Combine(_folder.FullName, "good"), "x");
        Shell(script);

        Assert.Equal("unreadable", Refusal().Code);
    }

    [Fact]
    public void Folders_that_differ_in_capitals_alone_are_told_by_what_they_are()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere they are one folder");
        foreach (string name in (string[])["A", "a"])
        {
            _folder.CreateSubdirectory(name);
            File.WriteAllText(Path.Combine(_folder.FullName, name, "x"), name);
        }

        var refusal = Refusal();

        Assert.Equal("names_collide", refusal.Code);
        Assert.Contains("a/x", refusal.Message, StringComparison.Ordinal);
    }

    private CliFailure Refusal() =>
        Assert.Throws<CliFailure>(() => SharedFolder.Open(_folder.FullName).Dispose());

    private void Shell(string script)
    {
        using var shell = Process.Start("/bin/sh", ["-c", script, "sh", _folder.FullName]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
