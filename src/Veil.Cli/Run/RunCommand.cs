using System.CommandLine;
using Veil.Cli.Output;
using Veil.Links.Tcp;
using Veil.Node.Configuration;
using Veil.Node.Hosting;

namespace Veil.Cli.Run;

/// <summary>`veil run`: one node, in the foreground, until a signal.</summary>
internal static class RunCommand
{
    /// <summary>What is typed.</summary>
    internal const string Name = "run";

    internal static Command Create(Terminal terminal)
    {
        var data = new Option<string?>("--data")
        {
            Description = "the data folder; else VEIL_DATA, else the platform's usual place",
            HelpName = "DIR",
        };
        var flags = SettingKey.All
            .Where(key => key.Flag is not null)
            .Select(key => (Key: key, Option: new Option<string?>(key.Flag!)
            {
                Description = key.Meaning,
                HelpName = ValueName(key),
            }))
            .ToList();
        var set = new Option<string[]>("--set")
        {
            Description = "any other setting, like --set Limits:Memory=512MiB; may be repeated",
            HelpName = "SECTION:KEY=VALUE",
        };
        var json = new Option<bool>("--json") { Description = "print a start that fails as one JSON object" };
        var command = new Command(
            Name,
            "Run a node in the foreground, with any of the roles authority, relay, store, exit and gateway. "
            + "Prints \"ready\" when every role serves. SIGTERM and Ctrl-C let others' circuits end, then stop it.\n\n"
            + "Examples:\n"
            + "  veil run --network network.json\n"
            + "  veil run --roles relay,store --listen 0.0.0.0:9301 --advertise 192.0.2.1:9301 --quota 100GiB\n"
            + "  veil run --set Limits:Rate=5MiB");
        command.Options.Add(data);
        foreach (var (_, option) in flags)
        {
            command.Options.Add(option);
        }

        command.Options.Add(set);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var given = flags
                .Where(flag => parsed.GetValue(flag.Option) is not null)
                .ToDictionary(
                    flag => flag.Key.Name,
                    flag => parsed.GetValue(flag.Option)!,
                    StringComparer.OrdinalIgnoreCase);
            var voice = new Voice(parsed.GetValue(json), terminal);
            SocketEvents.HandleInline();
            return await GuardAsync(voice, () =>
            {
                AddPairs(given, parsed.GetValue(set) ?? []);
                return NodeHost.RunAsync(
                    DataPaths.Choose(parsed.GetValue(data)),
                    given,
                    () => voice.Announce("ready"),
                    cancellationToken);
            });
        });
        return command;
    }

    private static async Task<int> GuardAsync(Voice voice, Func<Task> run)
    {
        try
        {
            await run();
            return ExitCodes.Done;
        }
        catch (CliFailure failure)
        {
            return voice.Fail(failure);
        }
        catch (NodeStartException fault)
        {
            return voice.Fail(CliFailure.Of(fault));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return voice.Fail(new CliFailure(
                ExitCodes.Failed,
                "io",
                fault.Message,
                "check your rights to the data folder, and that its disk is not full"));
        }
    }

    private static string ValueName(SettingKey key) => key.Flag switch
    {
        "--network" or "--record" => "FILE",
        "--roles" => "LIST",
        "--name" => "NAME",
        "--quota" or "--rate" or "--volume" => "SIZE",
        _ => "ADDRESS",
    };

    private static void AddPairs(Dictionary<string, string> settings, IEnumerable<string> pairs)
    {
        List<string> wrong = [];
        foreach (string pair in pairs)
        {
            string[] parts = pair.Split('=', 2);
            if (parts.Length == 2)
            {
                settings[parts[0]] = parts[1];
            }
            else
            {
                wrong.Add($"--set {pair} has no value");
            }
        }

        if (wrong.Count > 0)
        {
            throw new CliFailure(
                ExitCodes.Usage, "usage", string.Join("; ", wrong), "write it like --set Limits:Rate=5MiB");
        }
    }
}
