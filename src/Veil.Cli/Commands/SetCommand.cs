using System.CommandLine;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil set`: changes a setting of a running node, or lists them.</summary>
internal static class SetCommand
{
    internal static Command Create(CommandFrame frame)
    {
        var setting = new Argument<string?>("SECTION:KEY=VALUE")
        {
            Description = "the setting and its new value; without it, all that are set are listed",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "SECTION:KEY=VALUE",
        };
        setting.CompletionSources.Add([.. SettingKey.All.Select(key => $"{key.Name}=")]);
        return frame.Create(
            "set",
            "Change a setting of the running node; it is written to veil.json, too. Limits, Store and Log:Level "
            + "hold at once, the others from the next start.\n\n"
            + "Examples:\n  veil set Limits:Rate=5MiB\n  veil set Store:Quota=100GiB\n  veil set",
            [setting],
            (invocation, cancellationToken) => invocation.Parsed.GetValue(setting) is { } change
                ? ChangeAsync(invocation, change, cancellationToken)
                : ListAsync(invocation, cancellationToken));
    }

    private static async Task<int> ChangeAsync(
        Invocation invocation,
        string change,
        CancellationToken cancellationToken)
    {
        if (change.Split('=', 2) is not [{ Length: > 0 } name, var value]
            || !name.Contains(':', StringComparison.Ordinal))
        {
            throw new CliFailure(
                ExitCodes.Usage, "usage", $"{change} is not of the form Section:Key=VALUE",
                    "write it like Limits:Rate=5MiB");
        }

        using var client = invocation.Connect();
        var answer = await client.SetAsync(name, value, cancellationToken);
        invocation.Voice.Print(answer, ControlJson.Default.SettingAnswer, static _ => { });
        invocation.Voice.Say(answer.AfterRestart
            ? $"{answer.Name} is {answer.Value} from the next start on"
            : $"{answer.Name} is {answer.Value} now");
        return ExitCodes.Done;
    }

    private static async Task<int> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var client = invocation.Connect();
        var list = await client.GetSettingsAsync(cancellationToken);
        invocation.Voice.Print(list, ControlJson.Default.SettingList, output =>
        {
            foreach (var (name, value) in list.Settings.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                output.WriteLine($"{name}={value}");
            }
        });
        return ExitCodes.Done;
    }
}
