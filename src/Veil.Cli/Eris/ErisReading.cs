using System.Buffers;
using Veil.Cli.Output;
using Veil.Content.Eris;
using Veil.Node.Configuration;

namespace Veil.Cli.Eris;

/// <summary>Reads an object out of a folder of blocks: every byte is verified before it is handed on
/// (spec/block.md, sections 4 to 6).</summary>
internal sealed class ErisReading(BlockFolder folder, ReadCapability capability, long maxBytes)
{
    /// <summary>Bytes of content so far.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Blocks so far; one that stands in several places counts in each.</summary>
    internal long Blocks { get; private set; }

    /// <summary>Reads all of it.</summary>
    /// <param name="output">Takes the content.</param>
    /// <param name="onProgress">Told of <see cref="Bytes"/>.</param>
    /// <param name="cancellationToken">Ends it between blocks.</param>
    /// <exception cref="CliFailure">A block is missing or wrong, or it is too large.</exception>
    internal async Task RunAsync(Stream output, Action<long> onProgress, CancellationToken cancellationToken)
    {
        // One more than a block has: a longer file is told from a whole one.
        var block = new byte[capability.BlockBytes + 1];
        var content = new ArrayBufferWriter<byte>(capability.BlockBytes);
        using var decoder = new ErisDecoder(capability, Limits());
        while (!decoder.IsComplete)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (decoder.Fault != ErisFault.None)
            {
                throw FailureOf(decoder);
            }

            if (!folder.TryRead(decoder.Wanted, block, out int length))
            {
                throw Missing(decoder);
            }

            Blocks++;
            if (decoder.Supply(block.AsSpan(0, length), content) && content.WrittenCount > 0)
            {
                await output.WriteAsync(content.WrittenMemory, cancellationToken);
                Bytes += content.WrittenCount;
                onProgress(Bytes);
            }

            content.ResetWrittenCount();
        }
    }

    private ErisLimits Limits()
    {
        long leaves = (maxBytes / capability.BlockBytes) + 1;
        int arity = capability.BlockBytes / ErisLayout.PairBytes;
        int level = 0;
        for (long reach = 1; reach < leaves; reach *= arity)
        {
            level++;
        }

        // All nodes of a tree are fewer than its leaves.
        return new ErisLimits(level, 2 * leaves, maxBytes);
    }

    private static CliFailure Missing(ErisDecoder decoder) => new(
        ExitCodes.NotFound,
        "not_found",
        $"block {BlockFolder.NameOf(decoder.Wanted)} is not in the folder",
        "put it there under this name, then do it again");

    private CliFailure FailureOf(ErisDecoder decoder)
    {
        string name = BlockFolder.NameOf(decoder.Wanted);
        return decoder.Fault switch
        {
            ErisFault.LevelLimit or ErisFault.BlockLimit or ErisFault.ContentLimit => new CliFailure(
                ExitCodes.Failed,
                "too_large",
                $"it is larger than {ByteSize.Format(maxBytes)}, or is made to look so",
                "give a larger --max-size if you trust whoever made it"),
            ErisFault.WrongSize or ErisFault.WrongReference => new CliFailure(
                ExitCodes.VerificationFailed,
                "verification_failed",
                $"block {name} is damaged",
                "get this block again, then do it again"),
            ErisFault.WrongKey => new CliFailure(
                ExitCodes.VerificationFailed,
                "verification_failed",
                $"the key of block {name} does not fit it",
                "check the URN; if it is right, it was made wrongly"),
            _ => new CliFailure(
                ExitCodes.VerificationFailed,
                "verification_failed",
                $"block {name} is what no encoder makes",
                "check the URN; if it is right, the object was made wrongly"),
        };
    }
}
