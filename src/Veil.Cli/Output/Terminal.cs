namespace Veil.Cli.Output;

/// <summary>What a command is connected to: the process's own streams, or a test's.</summary>
internal sealed record Terminal
{
    /// <summary>Standard input, for keys.</summary>
    internal required TextReader In { get; init; }

    /// <summary>Standard input for content.</summary>
    internal Func<Stream> OpenIn { get; init; } = Console.OpenStandardInput;

    /// <summary>Standard output: results.</summary>
    internal required TextWriter Out { get; init; }

    /// <summary>Standard error: progress and messages.</summary>
    internal required TextWriter Error { get; init; }

    /// <summary>Standard output for content.</summary>
    internal required Func<Stream> OpenOut { get; init; }

    /// <summary>Whether a person reads standard output.</summary>
    internal bool OutIsTerminal { get; init; }

    /// <summary>Whether a person reads standard error.</summary>
    internal bool ErrorIsTerminal { get; init; }

    /// <summary>Asks a person for what must not be shown; null where nobody is there.</summary>
    internal Func<string, string?> AskSecret { get; init; } = static _ => null;

    /// <summary>The clock.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The process's own.</summary>
    internal static Terminal OfProcess() => new()
    {
        In = OpenOr(static () => Console.In, TextReader.Null),
        Out = OpenOr(static () => Console.Out, ClosedWriter.Instance),
        Error = OpenOr(static () => Console.Error, ClosedWriter.Instance),
        OpenOut = ContentOutput.Open,
        AskSecret = ConsoleSecret.Ask,
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
    };

    // A shell can start a program without them: 2>&-.
    private static T OpenOr<T>(Func<T> open, T closed)
    {
        try
        {
            return open();
        }
        catch (Exception fault) when (Voice.IsUnwritable(fault))
        {
            return closed;
        }
    }
}
