using System.CommandLine;
using Veil.Cli.Doctor;
using Veil.Cli.Output;
using Veil.Node;
using Veil.Node.Configuration;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>`veil doctor`: looks for what keeps a node from working, and says what to do.</summary>
internal static class DoctorCommand
{
    internal static Command Create(CommandFrame frame) => frame.Create(
        "doctor",
        "Say what is wrong with this machine, the data folder or the node, and what to do about it. "
        + "Changes nothing. Ends with 0 when nothing fails; warnings do not count.\n\n"
        + "Examples:\n  veil doctor\n  veil doctor --data /var/lib/veil --json",
        [],
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var findings = await ExamineAsync(invocation.Paths, invocation.Terminal.Time, cancellationToken);
        bool ok = findings.All(finding => finding.Verdict != Verdict.Fail);
        var result = new DoctorResult(ok, [.. findings.Select(finding => finding.ToLine())]);
        invocation.Voice.Print(result, CommandJson.Default.DoctorResult, output =>
        {
            foreach (var line in result.Checks)
            {
                output.WriteLine($"{line.Result,-5} {line.Check}: {line.Message}");
                if (line.Hint.Length > 0)
                {
                    output.WriteLine($"      {line.Hint}");
                }
            }
        });
        return ok ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static async Task<List<Finding>> ExamineAsync(
        DataPaths paths,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (networkFile, network) = FolderChecks.Network(paths);
        var (settings, configuration) = FolderChecks.Settings(paths, network is not null);
        bool isRelay = ((configuration?.Roles ?? NodeRoles.None) & (NodeRoles.Relay | NodeRoles.Store)) != 0;
        var socket = FolderChecks.Socket(paths);
        List<Finding> findings =
        [
            MachineChecks.Aes(isRelay),
            MachineChecks.Folder(paths),
            MachineChecks.Space(paths),
            settings,
            networkFile,
            socket,
            .. MachineChecks.Limits(),
        ];
        if (socket.Verdict == Verdict.Fail)
        {
            return findings;
        }

        var (account, status) = await NodeChecks.AskAsync(ControlSocket.In(paths.Folder), time, cancellationToken);
        findings.AddRange(account);
        findings.Add(NodeChecks.Clock(status, network, time));
        if (status is not null)
        {
            Finding?[] seen = [await NodeChecks.SocksAsync(status, time, cancellationToken), NodeChecks.Size(status)];
            findings.AddRange(seen.OfType<Finding>());
        }

        return findings;
    }
}
