using System.Text.Json;

namespace Veil.Cli.Output;

/// <summary>
/// How commands speak: progress and errors on standard error, in small letters and one line each; results on standard
/// output; with --json exactly one object there, an error included.
/// </summary>
internal sealed class Voice(bool json)
{
    /// <summary>Whether the result is for a script.</summary>
    internal bool Json => json;

    /// <summary>Says what is going on.</summary>
    internal void Say(string line)
    {
        if (!json)
        {
            Console.Error.WriteLine(line);
        }
    }

    /// <summary>Says what went wrong and what to do.</summary>
    internal int Fail(CliFailure failure)
    {
        if (json)
        {
            var error = new ErrorDocument(new ErrorBody(failure.Code, failure.Message, failure.Hint));
            Console.Out.WriteLine(JsonSerializer.Serialize(error, VoiceJson.Default.ErrorDocument));
        }
        else
        {
            Console.Error.WriteLine($"error: {failure.Message}");
            Console.Error.WriteLine($"hint: {failure.Hint}");
        }

        return failure.ExitCode;
    }
}

internal sealed record ErrorDocument(ErrorBody Error);

internal sealed record ErrorBody(string Code, string Message, string Hint);
