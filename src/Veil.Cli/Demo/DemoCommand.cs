using System.CommandLine;
using Veil.Cli.Output;
using Veil.Links.Tcp;
using Veil.Node.Configuration;

namespace Veil.Cli.Demo;

/// <summary>`veil demo`: the whole way of a file, in one process.</summary>
internal static class DemoCommand
{
    private const string DefaultSize = "64MiB";

    internal static Command Create()
    {
        var file = new Option<string?>("--file")
        {
            Description = "the file to share; without it, random bytes",
            HelpName = "PATH",
        };
        var size = new Option<string?>("--size")
        {
            Description = $"how many random bytes, when no file is named (default {DefaultSize})",
            HelpName = "SIZE",
        };
        var json = new Option<bool>("--json") { Description = "print one JSON object instead of a table" };
        var command = new Command(
            "demo",
            "Share a file over a small network in this process: publish, let the publisher go, fetch through SOCKS, "
            + "compare.\n\n"
            + "Examples:\n  veil demo\n  veil demo --file holiday.jpg\n  veil demo --size 256MiB --json")
        {
            file,
            size,
            json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var voice = new Voice(parsed.GetValue(json));
            SocketEvents.HandleInline();
            try
            {
                var request = Request(parsed.GetValue(file), parsed.GetValue(size));
                await using var run = new DemoRun(voice);
                var result = await run.PlayAsync(request, cancellationToken);
                DemoReport.Print(result, voice);
                return result.Ok ? ExitCodes.Done : ExitCodes.VerificationFailed;
            }
            catch (CliFailure failure)
            {
                return voice.Fail(failure);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return voice.Fail(new CliFailure(
                    ExitCodes.Interrupted, "interrupted", "interrupted", "run it again"));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                return voice.Fail(new CliFailure(
                    ExitCodes.Failed, "io", fault.Message,
                        "check the path, that you may read it, and that the disk is not full"));
            }
            catch (Exception fault) when (fault is HttpRequestException or System.ComponentModel.Win32Exception)
            {
                return voice.Fail(new CliFailure(ExitCodes.Failed, "not_fetched", fault.Message, "try again"));
            }
        });
        return command;
    }

    private static DemoRequest Request(string? file, string? size)
    {
        if (file is not null && size is not null)
        {
            throw new CliFailure(
                ExitCodes.Usage, "usage", "--file and --size exclude each other",
                    "name a file, or a size for random bytes");
        }

        if (file is not null)
        {
            if (System.IO.Directory.Exists(file))
            {
                throw new CliFailure(
                    ExitCodes.Failed, "is_folder", $"{file} is a folder",
                        "name one file; folders cannot be shared yet");
            }

            return File.Exists(file)
                ? new DemoRequest(Path.GetFullPath(file), 0)
                : throw new CliFailure(
                    ExitCodes.Failed, "no_file", $"there is no file {file}",
                        "check the path, and that you may read it");
        }

        return ByteSize.TryParse(size ?? DefaultSize, out long bytes)
            ? new DemoRequest(null, bytes)
            : throw new CliFailure(
                ExitCodes.Usage, "usage", $"{size} is not a size", "write it like 1, 512KiB, 64MiB or 1GiB");
    }
}

/// <summary>What to share: a file, or so many random bytes.</summary>
internal sealed record DemoRequest(string? Path, long RandomBytes);
