using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Veil.Tools.Testnet.Commands;
using Veil.Tools.Testnet.Forwarding;
using Veil.Tools.Testnet.Planning;
using Veil.Tools.Testnet.State;
using Veil.Wire.Seams;

namespace Veil.Tools.Testnet;

/// <summary>The command line.</summary>
internal sealed class TestnetCommand(TimeProvider time)
{
    // After a signal: what was started must be stopped, with its own patience.
    private static readonly TimeSpan _terminationTimeout = TimeSpan.FromSeconds(30);

    private static readonly Option<bool> _json = new("--json")
    {
        Description = "One object on standard output; an error is one, too.",
        Recursive = true,
    };

    private static readonly Argument<string> _folder = new("DIR") { Description = "The network's folder." };
    private static readonly Argument<string> _name = new("NAME") { Description = "A node, as in net.json." };

    /// <summary>Parses and does it.</summary>
    /// <returns>The exit codes of the veil program.</returns>
    internal async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(
            "Networks of real nodes on this machine, each node a process of its own.\n\n"
            + "Example:\n  tools/testnet up /tmp/net --netns --latency 25ms\n  tools/testnet kill /tmp/net gateway1\n"
            + "  tools/testnet down /tmp/net")
        {
            _json, UpCommandLine(), DownCommandLine(), StatusCommandLine(),
            NodeCommandLine("kill", "End a node as a power cut does (SIGKILL).",
                (control, name, token) => control.KillAsync(name, token)),
            NodeCommandLine("start", "Start a node again and wait until it is ready.",
                (control, name, token) => control.StartAsync(name, token)),
            NodeCommandLine("freeze", "Stop a node's process, which keeps its connections (SIGSTOP).",
                (control, name, token) => control.FreezeAsync(name, frozen: true, token)),
            NodeCommandLine("thaw", "Let a frozen node go on (SIGCONT).",
                (control, name, token) => control.FreezeAsync(name, frozen: false, token)),
            CaptureCommandLine(), AuditCommandLine(), ForwardCommandLine(),
        };
        var parsed = root.Parse(args);
        var code = await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = _terminationTimeout,
        });
        return parsed.Errors.Count > 0 ? ExitCodes.Usage : code;
    }

    private Command UpCommandLine()
    {
        Option<int> authorities = Number("--authorities", 3, "Directory authorities.");
        Option<int> relays = Number("--relays", 9, "Relays, stores among them.");
        Option<int> stores = Number("--stores", 6, "How many of the relays are stores, too.");
        Option<int> gateways = Number("--gateways", 2, "Gateways, each with a SOCKS port.");
        Option<int> exits = Number("--exits", 1, "Exits among the relays; they take every target.");
        Option<int> epoch = Number("--epoch", 5, "Length of an epoch, in seconds.");
        Option<int> limit = Number("--limit", 60, "Seconds that making it may take: more for many nodes.");
        Option<string> latency = new("--latency") { Description = "Delay every link by that much one way: 25ms." };
        Option<bool> netns = new("--netns")
        {
            Description = "Give each node a network namespace and an address of its own (needs root).",
        };
        Option<bool> record = new("--record") { Description = "Let each node write down what it sees, for audit." };
        Option<string> veil = new("--veil") { Description = "The veil program to run, instead of the one built here." };
        Option<string[]> set = new("--set") { Description = "Section:Key=VALUE for every node; may be repeated." };
        latency.Validators.Add(CheckLatency);
        var command = new Command("up", "Make a network in DIR, which must be empty or absent, and leave it running.")
        {
            _folder, authorities, relays, stores, gateways, exits, epoch, limit, latency, netns, record, veil, set,
        };
        command.SetAction((parsed, token) => AnswerAsync(parsed, async voice =>
        {
            var shape = new NetworkShape
            {
                Authorities = parsed.GetValue(authorities),
                Relays = parsed.GetValue(relays),
                Stores = parsed.GetValue(stores),
                Gateways = parsed.GetValue(gateways),
                Exits = parsed.GetValue(exits),
                EpochSeconds = parsed.GetValue(epoch),
                Limit = TimeSpan.FromSeconds(parsed.GetValue(limit)),
                Latency = LatencyText.Parse(parsed.GetValue(latency) ?? "0s"),
                Netns = parsed.GetValue(netns),
                Record = parsed.GetValue(record),
                Veil = parsed.GetValue(veil) is { } path ? Path.GetFullPath(path) : null,
                Settings = parsed.GetValue(set) ?? [],
            };
            var text = await new UpCommand(Folder(parsed), new SystemDecisionSource(), time).RunAsync(shape, token);
            if (voice.Json)
            {
                Voice.Result(text);
            }
        }));
        return command;
    }

    private Command DownCommandLine()
    {
        var command = new Command("down", "Stop everything of the network in DIR; its files stay.") { _folder };
        command.SetAction((parsed, token) => AnswerAsync(parsed, async _ =>
        {
            var swept = await new Sweeper(Folder(parsed), time).RunAsync(token);
            Voice.Say($"stopped {swept.Processes} processes ({swept.Killed} killed), "
                + $"removed {swept.Namespaces} namespaces");
        }));
        return command;
    }

    private Command StatusCommandLine()
    {
        var command = new Command("status", "Tell of each node whether it runs and what it says.") { _folder };
        command.SetAction((parsed, token) => AnswerAsync(parsed, async voice =>
        {
            var status = await new NodeControl(Folder(parsed), time).StatusAsync(token);
            if (voice.Json)
            {
                Voice.Result(JsonSerializer.Serialize(status, TestnetJson.Default.StatusDocument));
                return;
            }

            Voice.Result($"{"name",-14}{"roles",-14}{"pid",8}  {"alive",-7}state");
            foreach (var node in status.Nodes)
            {
                Voice.Result($"{node.Name,-14}{string.Join(',', node.Roles),-14}{node.Pid,8}  "
                    + $"{(node.Alive ? "yes" : "no"),-7}{node.State}");
            }
        }));
        return command;
    }

    private Command NodeCommandLine(
        string verb,
        string description,
        Func<NodeControl, string, CancellationToken, Task> act)
    {
        var command = new Command(verb, description) { _folder, _name };
        command.SetAction((parsed, token) => AnswerAsync(parsed, _ =>
            act(new NodeControl(Folder(parsed), time), parsed.GetRequiredValue(_name), token)));
        return command;
    }

    private Command CaptureCommandLine()
    {
        Option<string> seconds = new("--seconds") { Description = "How long; Ctrl-C ends it earlier." };
        Option<bool> untilStopped = new("--until-stopped") { Description = "Until Ctrl-C, SIGTERM or down." };
        seconds.Validators.Add(CheckSeconds);
        var command = new Command("capture", "Show with whom a node exchanges packets (a network with --netns; root).")
        {
            _folder, _name, seconds, untilStopped,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(seconds) is null == result.GetResult(untilStopped) is null)
            {
                result.AddError("give --seconds N or --until-stopped");
            }
        });
        command.SetAction((parsed, token) => AnswerAsync(parsed, async voice =>
        {
            var limit = parsed.GetValue(seconds) is { } most
                ? TimeSpan.FromSeconds(double.Parse(most, CultureInfo.InvariantCulture))
                : (TimeSpan?)null;
            var capture = await new CaptureCommand(Folder(parsed), time)
                .RunAsync(parsed.GetRequiredValue(_name), limit, token);
            if (voice.Json)
            {
                Voice.Result(JsonSerializer.Serialize(capture, TestnetJson.Default.CaptureDocument));
                return;
            }

            CaptureCommand.Print(capture);
        }));
        return command;
    }

    private Command AuditCommandLine()
    {
        var command = new Command("audit", "Check from the nodes' recordings what each could see (up --record).")
        {
            _folder,
        };
        command.SetAction(async (parsed, token) =>
        {
            var holds = false;
            var code = await AnswerAsync(parsed, async voice =>
            {
                var audit = await new AuditCommand(Folder(parsed), time).RunAsync(token);
                holds = audit.Ok;
                if (voice.Json)
                {
                    Voice.Result(JsonSerializer.Serialize(audit, TestnetJson.Default.AuditDocument));
                    return;
                }

                AuditCommand.Print(audit);
            });
            return code == ExitCodes.Done && !holds ? ExitCodes.Failed : code;
        });
        return command;
    }

    private Command ForwardCommandLine()
    {
        Option<string> listen = new("--listen") { Required = true, Description = "ADDR:PORT." };
        Option<string> to = new("--to") { Required = true, Description = "ADDR:PORT of the node behind it." };
        Option<string> latency = new("--latency") { Required = true, Description = "One way: 25ms." };
        Option<bool> foreign = new("--foreign") { Description = "Peers have addresses of other hosts (needs root)." };
        latency.Validators.Add(CheckLatency);
        listen.Validators.Add(CheckAddress);
        to.Validators.Add(CheckAddress);
        var command = new Command("forward", "Stand in front of a node and delay what goes through; up starts these.")
        {
            listen, to, latency, foreign,
        };
        command.SetAction((parsed, token) => AnswerAsync(parsed, async _ =>
        {
            var options = new ForwarderOptions(
                IPEndPoint.Parse(parsed.GetRequiredValue(listen)),
                IPEndPoint.Parse(parsed.GetRequiredValue(to)),
                LatencyText.Parse(parsed.GetRequiredValue(latency)),
                parsed.GetValue(foreign));
            await using var forwarder = new Forwarder(options, time, fault => Voice.Say($"fault: {fault.Message}"));
            Voice.Result("ready");
            await forwarder.RunAsync(token);
        }));
        return command;
    }

    private static Option<int> Number(string name, int preset, string description) =>
        new(name) { DefaultValueFactory = _ => preset, Description = description };

    private static NetworkFolder Folder(ParseResult parsed) => new(parsed.GetRequiredValue(_folder));

    private static void CheckSeconds(OptionResult result)
    {
        // A day: longer ones take --until-stopped.
        if (!double.TryParse(
                result.Tokens is [var token] ? token.Value : "",
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var seconds)
            || seconds is not (> 0 and <= 86_400))
        {
            result.AddError("--seconds takes a number up to 86400");
        }
    }

    private static void CheckLatency(OptionResult result)
    {
        if (!LatencyText.TryParse(result.Tokens is [var token] ? token.Value : "", out _))
        {
            result.AddError("--latency takes a time of at most 5s: --latency 25ms");
        }
    }

    private static void CheckAddress(OptionResult result)
    {
        if (!IPEndPoint.TryParse(result.Tokens is [var token] ? token.Value : "", out _))
        {
            result.AddError("an address is ADDR:PORT");
        }
    }

    private static async Task<int> AnswerAsync(ParseResult parsed, Func<Voice, Task> act)
    {
        var voice = new Voice(parsed.GetValue(_json));
        try
        {
            await act(voice);
            return ExitCodes.Done;
        }
        catch (TestnetFailure failure)
        {
            return voice.Fail(failure);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return voice.Fail(new TestnetFailure(
                ExitCodes.Failed, "io", fault.Message, "see whether the disk, the ports and the rights are there"));
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
    }
}
