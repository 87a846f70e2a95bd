using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Veil.Cli.Output;

/// <summary>
/// How commands speak: progress and errors on standard error, in small letters and one line each; results on standard
/// output; with --json exactly one object there, an error included.
/// </summary>
internal sealed class Voice(bool json, Terminal terminal)
{
    internal Voice(bool json)
        : this(json, Terminal.OfProcess())
    {
    }

    /// <summary>Whether the result is for a script.</summary>
    internal bool Json => json;

    /// <summary>Whether progress may be drawn.</summary>
    internal bool Draws => !json && terminal.ErrorIsTerminal;

    /// <summary>Says what is going on.</summary>
    internal void Say(string line)
    {
        if (!json)
        {
            terminal.Error.WriteLine(line);
        }
    }

    /// <summary>Prints the result: as one object for a script, else in the way given.</summary>
    internal void Print<T>(T result, JsonTypeInfo<T> type, Action<TextWriter> forPerson)
    {
        if (json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(result, type));
        }
        else
        {
            forPerson(terminal.Out);
        }
    }

    /// <summary>Says what went wrong and what to do.</summary>
    internal int Fail(CliFailure failure)
    {
        if (json)
        {
            var error = new ErrorDocument(new ErrorBody(failure.Code, failure.Message, failure.Hint));
            terminal.Out.WriteLine(JsonSerializer.Serialize(error, VoiceJson.Default.ErrorDocument));
        }
        else
        {
            terminal.Error.WriteLine($"error: {failure.Message}");
            terminal.Error.WriteLine($"hint: {failure.Hint}");
        }

        return failure.ExitCode;
    }
}

internal sealed record ErrorDocument(ErrorBody Error);

internal sealed record ErrorBody(string Code, string Message, string Hint);
