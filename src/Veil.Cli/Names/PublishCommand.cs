using System.CommandLine;
using Veil.Cli.Commands;
using Veil.Cli.Output;
using Veil.Content.Keys;
using Veil.Content.Names;
using Veil.Node.Control;
using Veil.Wire.Names;

namespace Veil.Cli.Names;

/// <summary>`veil publish`: shares a file or folder and lets a name stand for it.</summary>
internal static class PublishCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var name = KeyCommand.NameArgument();
        var path = new Argument<string>("PATH") { Description = "the file or folder to share", HelpName = "PATH" };
        var share = new ShareInput();
        return frame.Create(
            "publish",
            "Share a file or folder, as veil add does, and let a name of yours stand for it from now on. It is signed "
            + "for a month ahead, so that this machine may be away; publish before that again, the same or another. "
            + "Nothing links one version to the next unless you say --previous.\n\nExamples:\n"
            + "  veil key new blog\n  veil publish blog page.html\n  veil publish blog page.html --json",
            [name, path, .. share.Symbols],
            async (invocation, cancellationToken) =>
            {
                string called = invocation.Parsed.GetRequiredValue(name);

                // What can fail is tried before anything is shared.
                using var key = KeyCommand.Open(invocation, called, share.Passphrase);
                var request = await share.ReadAsync(
                    invocation, invocation.Parsed.GetRequiredValue(path), (called, key), cancellationToken);
                using var signer = request.Signer;
                using var client = invocation.Connect();
                await client.NextAsync(key.Address.Format(), cancellationToken);
                var added = await AddCommand.ShareAsync(invocation, client, request, cancellationToken);
                var answer = await SignAsync(invocation, client, key, added.Key, cancellationToken);
                Print(invocation, called, key.Address, added, answer);
                return ExitCodes.Done;
            });
    }

    private static async Task<NamePublishAnswer> SignAsync(
        Invocation invocation, ControlClient client, NameKey key, string target, CancellationToken cancellationToken)
    {
        string address = key.Address.Format();
        if (!ContentKey.TryParse(target, out var content, out var error))
        {
            throw new CliFailure(ExitCodes.Failed, "node_gone", error.Message, "use a veil of the node's version");
        }

        ulong sequence = await client.NextAsync(address, cancellationToken);
        var today = NameDay.Of(invocation.Terminal.Time.GetUtcNow());
        return await client.PublishAsync(address, key.SignAhead(sequence, content, today), cancellationToken);
    }

    private static void Print(
        Invocation invocation, string name, NameAddress address, AddResult added, NamePublishAnswer answer)
    {
        var result = new PublishResult(
            added.Key,
            name,
            address.Format(),
            answer.Sequence,
            added.Name,
            added.Bytes,
            added.Blocks,
            added.Shares,
            added.SharesAcked,
            added.Seconds,
            added.Id,
            answer.Days,
            answer.DaysSafe,
            answer.LastDay);
        invocation.Voice.Print(
            result, NameResultJson.Default.PublishResult, output => output.WriteLine(result.Address));
        invocation.Voice.Say(
            $"version {answer.Sequence} of {name}, signed until {answer.LastDay}: "
            + $"{answer.DaysSafe} of {answer.Days} days are safe");
    }
}
