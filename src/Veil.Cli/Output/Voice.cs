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
            TryWrite(terminal.Error, line);
        }
    }

    /// <summary>Says on standard error what cannot be taken back afterwards, to a script's log as well.</summary>
    internal void Warn(string line) => TryWrite(terminal.Error, line);

    /// <summary>Says on standard output how far it is, to whoever waits for it there.</summary>
    internal void Announce(string line) => TryWrite(terminal.Out, line);

    /// <summary>Prints the result: as one object for a script, else in the way given.</summary>
    /// <exception cref="CliFailure">It cannot be written.</exception>
    internal void Print<T>(T result, JsonTypeInfo<T> type, Action<TextWriter> forPerson)
    {
        try
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
        catch (Exception fault) when (IsUnwritable(fault))
        {
            throw new CliFailure(
                ExitCodes.Failed, "io", $"the result cannot be written to standard output: {fault.Message}",
                "check where it goes, and that the disk is not full");
        }
    }

    /// <summary>Says what went wrong and what to do.</summary>
    internal int Fail(CliFailure failure)
    {
        // Where standard output takes nothing, a script's log may.
        var error = new ErrorDocument(new ErrorBody(failure.Code, failure.Message, failure.Hint));
        if (!json || !TryWrite(terminal.Out, JsonSerializer.Serialize(error, VoiceJson.Default.ErrorDocument)))
        {
            TryWrite(terminal.Error, $"error: {failure.Message}");
            TryWrite(terminal.Error, $"hint: {failure.Hint}");
        }

        return failure.ExitCode;
    }

    // The work goes on where nobody can be told of it: the exit code says how it ended.
    private static bool TryWrite(TextWriter writer, string line)
    {
        try
        {
            writer.WriteLine(line);
            return true;
        }
        catch (Exception fault) when (IsUnwritable(fault))
        {
            return false;
        }
    }

    /// <summary>Whether a stream takes nothing. One that was closed before the start has a number that may stand for
    /// something else by now, which may not be written to.</summary>
    internal static bool IsUnwritable(Exception fault) => fault is IOException or UnauthorizedAccessException;
}

internal sealed record ErrorDocument(ErrorBody Error);

internal sealed record ErrorBody(string Code, string Message, string Hint);
