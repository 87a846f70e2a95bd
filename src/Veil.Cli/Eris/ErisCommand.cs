using System.CommandLine;
using Veil.Cli.Commands;
using Veil.Cli.Output;
using Veil.Node.Configuration;

namespace Veil.Cli.Eris;

/// <summary>`veil eris`: encrypted blocks in a folder, for exchange with other implementations of ERIS
/// (spec/block.md, section 6).</summary>
internal static class ErisCommand
{
    internal static Command Create(CommandFrame frame) =>
        new(
            "eris",
            "Turn files into encrypted blocks and back, in a folder, without a network: as other implementations of "
            + "ERIS 1.0.0 do.")
        {
            EncodeCommand.Create(frame),
            DecodeCommand.Create(frame),
            CreateVerify(frame),
        };

    private static Command CreateVerify(CommandFrame frame)
    {
        var urn = new UrnInput();
        return frame.CreateAlone(
            "verify",
            "Check that all blocks of an object are in a folder, whole and its own. Writes nothing. "
            + $"{KeyInput.AdviceOn("urn")}\n\n"
            + "Examples:\n  veil eris verify - --blocks blocks < holiday.urn\n"
            + "  veil eris verify --urn-file holiday.urn --blocks blocks --json",
            urn.Symbols,
            async (invocation, cancellationToken) =>
            {
                var (capability, reading) = await urn.ReadAsync(invocation, cancellationToken);
                await ProgressLine.ShowAsync(invocation.Voice, async bar =>
                {
                    await reading.RunAsync(
                        Stream.Null,
                        bytes => bar.Set($"{ByteSize.Format(bytes)} verified", 0, 1),
                        cancellationToken);
                    return reading;
                });
                invocation.Voice.Print(
                    new VerifyResult(reading.Bytes, reading.Blocks, capability.BlockBytes, capability.Level),
                    ErisJson.Default.VerifyResult,
                    output => output.WriteLine(
                        $"whole: {reading.Bytes} bytes in {reading.Blocks} blocks of {capability.BlockBytes}"));
                return ExitCodes.Done;
            });
    }
}
