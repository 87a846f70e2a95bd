using System.Text.Json;
using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet;

/// <summary>Progress and errors on standard error, results on standard output; with --json an error is one object
/// there.</summary>
internal sealed class Voice(bool json)
{
    /// <summary>Whether the result is for a script.</summary>
    internal bool Json => json;

    /// <summary>Says what is going on.</summary>
    internal static void Say(string line) => Console.Error.WriteLine(line);

    /// <summary>Writes a result.</summary>
    internal static void Result(string text) => Console.Out.WriteLine(text);

    /// <summary>Says what went wrong and what to do.</summary>
    /// <returns>The exit code.</returns>
    internal int Fail(TestnetFailure failure)
    {
        if (json)
        {
            var error = new ErrorDocument(new ErrorBody(failure.Code, failure.Message, failure.Hint));
            Console.Out.WriteLine(JsonSerializer.Serialize(error, TestnetJson.Default.ErrorDocument));
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
