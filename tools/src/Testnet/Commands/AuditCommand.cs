using Veil.Tools.Testnet.Auditing;
using Veil.Tools.Testnet.State;

namespace Veil.Tools.Testnet.Commands;

/// <summary>Checks from the recordings of a network that it hid what it must hide; it may run or be stopped.</summary>
internal sealed class AuditCommand(NetworkFolder folder, TimeProvider time)
{
    private const int PrintedProblems = 20;

    /// <summary>Reads and checks.</summary>
    /// <exception cref="TestnetFailure">There is no network, or it does not record.</exception>
    internal async Task<AuditDocument> RunAsync(CancellationToken cancellationToken) =>
        new RecordAudit(await new RecordReader(folder.Plan(), time).ReadAsync(cancellationToken)).Run();

    /// <summary>Prints it for people.</summary>
    internal static void Print(AuditDocument audit)
    {
        foreach (var check in audit.Checks)
        {
            var counts = string.Join(", ", check.Counts.Select(count => $"{count.Key} {count.Value}"));
            Voice.Result($"{(check.Ok ? "ok" : "FAILED"),-8}{check.Name,-11}{check.Says} ({counts})");
            foreach (var problem in check.Problems.Take(PrintedProblems))
            {
                Voice.Result($"        ! {problem}");
            }

            if (check.Problems.Count > PrintedProblems)
            {
                Voice.Result($"        ! and {check.Problems.Count - PrintedProblems} more");
            }

            foreach (var note in check.Notes)
            {
                Voice.Result($"        - {note}");
            }
        }
    }
}
