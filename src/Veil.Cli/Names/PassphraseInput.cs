using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Veil.Cli.Commands;
using Veil.Cli.Output;

namespace Veil.Cli.Names;

/// <summary>A passphrase: typed at the terminal, or read from a file or standard input; never an argument.</summary>
internal sealed class PassphraseInput
{
    private const int MaxBytes = 1024;

    private readonly Option<string?> _file = new("--passphrase-file")
    {
        Description = "read the passphrase from the first line of a file, or with - of standard input",
        HelpName = "FILE",
    };

    /// <summary>The option.</summary>
    internal Symbol Symbol => _file;

    /// <summary>Whether a file is named.</summary>
    internal bool IsGiven(Invocation invocation) => invocation.Parsed.GetValue(_file) is not null;

    /// <summary>The passphrase in UTF-8, for the caller to wipe.</summary>
    /// <param name="invocation">The command.</param>
    /// <param name="isNew">Whether it is to be typed twice.</param>
    /// <exception cref="CliFailure">There is none.</exception>
    internal byte[] Read(Invocation invocation, bool isNew)
    {
        string? text = invocation.Parsed.GetValue(_file) switch
        {
            null => Ask(invocation, isNew),
            "-" => invocation.Terminal.In.ReadLine(),
            var file => ReadFile(file),
        };
        byte[] bytes = Encoding.UTF8.GetBytes(text ?? "");
        if (bytes.Length is > 0 and <= MaxBytes)
        {
            return bytes;
        }

        CryptographicOperations.ZeroMemory(bytes);
        throw new CliFailure(
            ExitCodes.Usage,
            "no_passphrase",
            text is null ? "this key needs a passphrase, and nobody is there to type it" : "this is no passphrase",
            "type it at a terminal, or give --passphrase-file FILE");
    }

    private static string? Ask(Invocation invocation, bool isNew)
    {
        string? first = invocation.Terminal.AskSecret("passphrase: ");
        return !isNew || first is null || invocation.Terminal.AskSecret("the same again: ") == first
            ? first
            : throw new CliFailure(
                ExitCodes.Usage, "no_passphrase", "the two are not the same", "run it again; nothing was made");
    }

    private static string? ReadFile(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            return reader.ReadLine();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CliFailure(
                ExitCodes.Failed,
                "no_file",
                $"the passphrase file {file} cannot be read",
                "check its path and your rights");
        }
    }
}
