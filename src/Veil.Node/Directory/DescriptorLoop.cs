using Veil.Directory.Documents;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Node.Directory;

/// <summary>
/// Sends a relay's signed descriptor to every authority, once at start and once in each epoch, again with growing
/// pauses to those that did not take it (spec/directory.md, section 9).
/// </summary>
internal sealed class DescriptorLoop(
    NetworkDefinition network,
    DirectoryClient client,
    Func<ulong, SignedDescriptor> sign,
    NetworkHealth health,
    (TimeProvider Time, DecisionSource Decisions) seams)
{
    private const int MaxPauseShift = 6;

    private readonly SteadyWait _wait = new(network, seams.Time);
    private readonly HashSet<int> _accepted = [];
    private (ulong Epoch, SignedDescriptor Signed)? _descriptor;

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        int failures = 0;
        while (true)
        {
            ulong epoch = network.EpochAt(seams.Time.GetUtcNow());
            bool all = await PublishAsync(epoch, cancellationToken);
            failures = all ? 0 : Math.Min(failures + 1, MaxPauseShift);

            // All have it: once more at some moment of the first third of the next epoch. Else soon again, and then
            // less and less often, until the next epoch at the latest.
            var next = network.StartOf(epoch + 1) + TimeSpan.FromSeconds(network.EpochSeconds * Fraction(0.05, 0.33));
            var wait = next - seams.Time.GetUtcNow();
            if (!all)
            {
                double soon = Math.Max(network.EpochSeconds * Fraction(0.02, 0.05), 0.1) * Math.Pow(2, failures - 1);
                wait = TimeSpan.FromSeconds(Math.Min(soon, network.EpochSeconds));
            }

            failures = await _wait.ForAsync(wait, null, cancellationToken) ? failures : 0;
        }
    }

    private double Fraction(double from, double to) => from + ((to - from) * seams.Decisions.NextBelow(1000) / 1000.0);

    private async Task<bool> PublishAsync(ulong epoch, CancellationToken cancellationToken)
    {
        // Signed once for each epoch: all authorities get the same one.
        if (_descriptor?.Epoch != epoch)
        {
            _accepted.Clear();
            _descriptor = (epoch, sign(epoch));
        }

        for (int index = 0; index < network.Authorities.Count; index++)
        {
            if (_accepted.Contains(index))
            {
                continue;
            }

            var answer = await client.AskAsync(
                network.Authorities[index],
                DirectoryMessageType.PublishDescriptor,
                _descriptor.Value.Signed.Bytes,
                cancellationToken);
            if (answer.Type == DirectoryMessageType.Accepted)
            {
                _accepted.Add(index);
            }

            if (answer.IsThere)
            {
                health.DescriptorAnswered(index, answer.Refusal);
            }
        }

        return _accepted.Count == network.Authorities.Count;
    }
}
