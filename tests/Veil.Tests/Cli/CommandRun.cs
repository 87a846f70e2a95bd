using System.Text.Json;
using Veil.Cli.Commands;
using Veil.Cli.Output;
using Xunit;

namespace Veil.Tests.Cli;

/// <summary>One run of the command line in this process, with streams of its own.</summary>
/// <param name="ExitCode">As the process would end.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Content">Bytes that went to standard output as content.</param>
internal sealed record CommandRun(int ExitCode, string Out, string Error, byte[] Content)
{
    /// <summary>Runs it.</summary>
    internal static Task<CommandRun> OfAsync(params string[] args) => WithInputAsync("", args);

    /// <summary>Runs it with something on standard input.</summary>
    internal static Task<CommandRun> WithInputAsync(string input, params string[] args) =>
        WithTokenAsync(input, args, TestContext.Current.CancellationToken);

    /// <summary>Runs it until the token says otherwise, like Ctrl-C.</summary>
    internal static async Task<CommandRun> WithTokenAsync(
        string input,
        string[] args,
        CancellationToken cancellationToken)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var content = new MemoryStream();
        var terminal = new Terminal
        {
            In = new StringReader(input),
            Out = output,
            Error = error,
            OpenOut = () => content,
        };
        int exitCode = await CommandTree.RunAsync(args, terminal, cancellationToken);
        return new CommandRun(exitCode, output.ToString(), error.ToString(), content.ToArray());
    }

    /// <summary>The one object on standard output; fails where there is anything else.</summary>
    internal JsonElement Object()
    {
        Assert.Equal("", Error);
        using var document = JsonDocument.Parse(Out);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        return document.RootElement.Clone();
    }

    /// <summary>The one object of a run that ended well; shows what it said where it did not.</summary>
    internal JsonElement Done()
    {
        Assert.True(ExitCode == ExitCodes.Done, $"ended with {ExitCode}: {Out}{Error}");
        return Object();
    }

    /// <summary>The error that the one object on standard output is.</summary>
    internal string ErrorCode()
    {
        var error = Object().GetProperty("error");
        Assert.NotEqual("", error.GetProperty("message").GetString());
        Assert.NotEqual("", error.GetProperty("hint").GetString());
        return error.GetProperty("code").GetString()!;
    }
}
