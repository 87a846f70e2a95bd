using System.CommandLine;
using Veil.Cli.Commands;
using Veil.Cli.Output;
using Veil.Node.Control;

namespace Veil.Cli.Names;

/// <summary>`veil resolve`, `follow`, `follows`, `unfollow`: names of others.</summary>
internal static class FollowCommands
{
    internal static Command CreateResolve(CommandFrame frame)
    {
        var name = Input();
        return frame.Create(
            "resolve",
            "Ask stores what a name stands for now, and print the key. Two contents under one number are a fork: its "
            + $"proof is printed instead, and the exit code is 5. {KeyInput.AdviceOn("address")}\n\n"
            + "Examples:\n  veil resolve - < blog.name\n  veil resolve --address-file blog.name --json",
            name.Symbols,
            async (invocation, cancellationToken) =>
            {
                string text = await name.ReadNameAsync(invocation, cancellationToken);
                using var client = invocation.Connect();
                var found = await client.ResolveAsync(text, cancellationToken);
                invocation.Voice.Print(found, NameJson.Default.ResolveAnswer, output =>
                {
                    foreach (string line in found.Key is { } key ? [key] : found.Proof)
                    {
                        output.WriteLine(line);
                    }
                });
                invocation.Voice.Say(found.Forked
                    ? $"a fork: two contents are signed as version {found.Sequence}; do not trust either"
                    : $"version {found.Sequence}, signed until {found.LastDay}");
                return found.Forked ? ExitCodes.VerificationFailed : ExitCodes.Done;
            });
    }

    internal static Command CreateFollow(CommandFrame frame)
    {
        var name = Input();
        return frame.Create(
            "follow",
            "Keep a name alive: this node asks for its newest version again and again, and puts its records back to "
            + $"stores, also while its owner is away. {KeyInput.AdviceOn("address")}\n\n"
            + "Examples:\n  veil follow - < blog.name\n  veil follows",
            name.Symbols,
            async (invocation, cancellationToken) =>
            {
                string text = await name.ReadNameAsync(invocation, cancellationToken);
                using var client = invocation.Connect();
                var followed = await client.FollowAsync(text, cancellationToken);
                invocation.Voice.Print(followed, NameJson.Default.FollowDocument, static _ => { });
                invocation.Voice.Say($"followed from now on: version {followed.Sequence}");
                return ExitCodes.Done;
            });
    }

    internal static Command CreateUnfollow(CommandFrame frame)
    {
        var name = Input();
        return frame.Create(
            "unfollow",
            $"Follow a name no longer. {KeyInput.AdviceOn("address")}\n\nExamples:\n  veil unfollow - < blog.name",
            name.Symbols,
            async (invocation, cancellationToken) =>
            {
                string text = await name.ReadNameAsync(invocation, cancellationToken);
                using var client = invocation.Connect();
                var answer = await client.UnfollowAsync(text, cancellationToken);
                invocation.Voice.Print(answer, NameJson.Default.UnfollowAnswer, static _ => { });
                invocation.Voice.Say("no longer followed");
                return ExitCodes.Done;
            });
    }

    internal static Command CreateList(CommandFrame frame) => frame.Create(
        "follows",
        "List the names that this node follows: name, version, last signed day, days whose records it keeps.\n\n"
        + "Examples:\n  veil follows\n  veil follows --json",
        [],
        async (invocation, cancellationToken) =>
        {
            using var client = invocation.Connect();
            var list = await client.ListFollowsAsync(cancellationToken);
            invocation.Voice.Print(list, NameJson.Default.FollowList, output =>
            {
                foreach (var entry in list.Follows)
                {
                    output.WriteLine(string.Join(
                        '\t', entry.Address, entry.Sequence, entry.LastDay ?? "-", entry.DaysKept));
                }
            });
            if (list.Follows.Count == 0)
            {
                invocation.Voice.Say("no names are followed here; veil follow ADDRESS follows one");
            }

            return ExitCodes.Done;
        });

    private static KeyInput Input() =>
        new("address", "the name, 56 characters and .veil, a link to it, or - to read it from standard input");
}
