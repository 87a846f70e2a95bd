using System.CommandLine;
using System.Security.Cryptography;
using Veil.Cli.Commands;
using Veil.Cli.Files;
using Veil.Cli.Output;
using Veil.Content.Eris;
using Veil.Node.Configuration;
using Veil.Noise.Seams;

namespace Veil.Cli.Eris;

/// <summary>`veil eris encode`: a file's blocks.</summary>
internal static class EncodeCommand
{
    private const string Standard = "-";
    private const int ReadBytes = 131_072;

    internal static Command Create(CommandFrame frame)
    {
        var file = new Argument<string>("FILE") { Description = "the file, or - for standard input" };
        var blocks = new Option<string>("--blocks", "-b")
        {
            Description = "the folder that blocks go to; made where there is none",
            HelpName = "DIR",
            Required = true,
        };
        var size = new Option<string>("--block-size")
        {
            Description = "32KiB, or 1KiB for what is small",
            HelpName = "SIZE",
            DefaultValueFactory = _ => "32KiB",
        };
        var unique = new Option<bool>("--unique")
        {
            Description = "take a secret and throw it away: nobody with the same file can find out its blocks",
        };
        var secret = new Option<string?>("--secret-file")
        {
            Description = "the convergence secret: a file with 64 hexadecimal digits (default: 32 zeros)",
            HelpName = "FILE",
        };
        return frame.CreateAlone(
            "encode",
            "Turn a file into encrypted blocks and print its capability: whoever has it and the blocks can read the "
            + "file. Blocks of equal files are equal unless --unique or --secret-file is given.\n\n"
            + "Examples:\n  veil eris encode holiday.jpg --blocks blocks > holiday.urn\n"
            + "  tar c folder | veil eris encode - --blocks blocks --unique > folder.urn",
            [file, blocks, size, unique, secret],
            async (invocation, cancellationToken) =>
            {
                var parsed = invocation.Parsed;
                int blockBytes = BlockBytesOf(parsed.GetValue(size)!);
                var key = await SecretAsync(parsed.GetValue(secret), parsed.GetValue(unique), cancellationToken);
                string path = parsed.GetValue(file)!;
                using var shared = path == Standard ? null : SharedFile.Open(path);
                using var input = shared is null ? invocation.Terminal.OpenIn() : null;
                var folder = BlockFolder.Make(parsed.GetValue(blocks)!);
                var result = await ProgressLine.ShowAsync(invocation.Voice, bar => EncodeAsync(
                    shared is null ? input!.ReadAsync : shared.ReadAsync,
                    (blockBytes, key),
                    folder,
                    bytes => bar.Set($"{ByteSize.Format(bytes)} encoded", bytes, shared?.Length ?? bytes),
                    cancellationToken));
                invocation.Voice.Print(
                    result, ErisJson.Default.EncodeResult, output => output.WriteLine(result.Urn));
                invocation.Voice.Say(
                    $"{ByteSize.Format(result.Bytes)} in {result.Blocks} blocks of {ByteSize.Format(blockBytes)}");
                return ExitCodes.Done;
            });
    }

    private static async Task<EncodeResult> EncodeAsync(
        Func<Memory<byte>, CancellationToken, ValueTask<int>> read,
        (int BlockBytes, byte[] Secret) how,
        BlockFolder folder,
        Action<long> onProgress,
        CancellationToken cancellationToken)
    {
        long bytes = 0;
        long blocks = 0;
        using var encoder = new ErisEncoder(how.BlockBytes, how.Secret, block =>
        {
            folder.Put(block.Reference, block.Ciphertext);
            blocks++;
        });
        CryptographicOperations.ZeroMemory(how.Secret);
        var buffer = new byte[ReadBytes];
        for (int count; (count = await read(buffer, cancellationToken)) > 0; onProgress(bytes))
        {
            encoder.Append(buffer.AsSpan(0, count));
            bytes += count;
        }

        string urn = encoder.Finish().FormatUrn();
        return new EncodeResult(urn, bytes, blocks, how.BlockBytes);
    }

    private static int BlockBytesOf(string size) =>
        ByteSize.TryParse(size, out long bytes) && bytes <= int.MaxValue && ErisLayout.IsBlockSize((int)bytes)
            ? (int)bytes
            : throw new CliFailure(
                ExitCodes.Usage, "bad_value", $"ERIS has no blocks of {size}", "take 32KiB or 1KiB");

    private static async Task<byte[]> SecretAsync(string? file, bool unique, CancellationToken cancellationToken)
    {
        if (unique && file is not null)
        {
            throw new CliFailure(
                ExitCodes.Usage, "usage", "--unique and --secret-file exclude each other", "give one of them");
        }

        if (file is null)
        {
            var secret = new byte[ErisLayout.ConvergenceSecretBytes];
            if (unique)
            {
                new SystemSecretSource().Fill(secret);
            }

            return secret;
        }

        string text = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
        return text.Length == 2 * ErisLayout.ConvergenceSecretBytes && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new CliFailure(
                ExitCodes.Usage,
                "bad_value",
                $"{file} holds no convergence secret",
                "write 64 hexadecimal digits into it and nothing else");
    }
}
