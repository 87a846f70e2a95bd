using System.IO.Pipes;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Veil.Cli.Commands;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Tests.Gateway;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>Standard output and error that take nothing: a full disk, a stream that was closed, a reader that
/// went.</summary>
public sealed class ClosedOutputTests : IDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("veil-cli-");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_that_cannot_be_shown_does_not_stop_the_work(bool isDenied)
    {
        using var output = new StringWriter();
        using var denied = new DeniedWriter();

        int exitCode = await RunAsync(output, isDenied ? denied : ClosedWriter.Instance, "key", "new", "blog");

        Assert.Equal(ExitCodes.Done, exitCode);
        Assert.EndsWith(".veil\n", output.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(new DataPaths(_folder.FullName).NameKeys, "blog.key")));
    }

    [Fact]
    public async Task A_result_that_cannot_be_written_is_1_and_a_mistake_stays_2()
    {
        var closed = ClosedWriter.Instance;
        using var denied = new DeniedWriter();
        using var error = new StringWriter();

        Assert.Equal(ExitCodes.Failed, await RunAsync(denied, denied, "key", "ls", "--json"));
        Assert.Equal(ExitCodes.Failed, await RunAsync(denied, denied, "key", "--help"));
        Assert.Equal(ExitCodes.Failed, await RunAsync(closed, error, "key", "ls", "--json"));
        Assert.Contains("error: ", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failed, await RunAsync(closed, closed, "key", "ls", "--json"));
        Assert.Equal(ExitCodes.Failed, await RunAsync(closed, closed, "key", "--help"));
        Assert.Equal(ExitCodes.Usage, await RunAsync(closed, closed, "nonsense"));
        Assert.Equal(ExitCodes.NotRunning, await RunAsync(closed, closed, "ls", "--json"));
    }

    [Fact]
    public void Content_for_a_pipe_that_nobody_reads_any_more_is_an_error()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "its console stream is used there");
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var handle = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        using var output = ContentOutput.Of(handle, () => throw new InvalidOperationException());
        output.Write([1]);
        pipe.DisposeLocalCopyOfClientHandle();

        var fault = Assert.Throws<IOException>(() => output.Write([2]));

        var failure = CommandFrame.Failure(fault);
        Assert.Equal((ExitCodes.Failed, "output_closed"), (failure.ExitCode, failure.Code));
    }

    [Fact]
    public void Content_for_a_file_goes_where_the_shell_has_got_to()
    {
        using var file = File.OpenHandle(
            Path.Combine(_folder.FullName, "out"), FileMode.CreateNew, FileAccess.Write);
        using var other = new MemoryStream();

        Assert.Same(other, ContentOutput.Of(file, () => other));
    }

    [Fact]
    public async Task The_hint_after_an_interruption_is_true_for_every_command()
    {
        string[] line = ["get", Library.Key(1).Format(), "-o", "never", "--data", _folder.FullName];

        var run = await CommandRun.WithTokenAsync("", line, new CancellationToken(canceled: true));

        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
        Assert.Contains("hint: run it again", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("no half file", run.Error, StringComparison.Ordinal);
    }

    private Task<int> RunAsync(TextWriter output, TextWriter error, params string[] args)
    {
        var terminal = new Terminal
        {
            In = TextReader.Null,
            Out = output,
            Error = error,
            OpenOut = () => Stream.Null,
        };
        string[] line = args.Contains("--help") || args[0] == "nonsense" ? args : [.. args, "--data", _folder.FullName];
        return CommandTree.RunAsync(line, terminal, TestContext.Current.CancellationToken);
    }

    // A number that stands for a file now which was opened for reading.
    private sealed class DeniedWriter : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new UnauthorizedAccessException();
    }
}
