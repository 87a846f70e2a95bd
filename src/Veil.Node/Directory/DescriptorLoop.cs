using Veil.Directory.Documents;
using Veil.Wire.Documents;
using Veil.Wire.Seams;

namespace Veil.Node.Directory;

/// <summary>Sends a relay's signed descriptor to every authority, once at start and once in each epoch.</summary>
internal sealed class DescriptorLoop(
    NetworkDefinition network,
    DirectoryClient client,
    Func<ulong, SignedDescriptor> sign,
    (TimeProvider Time, DecisionSource Decisions) seams)
{
    private readonly HashSet<(ulong Epoch, int Authority)> _accepted = [];

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ulong epoch = network.EpochAt(seams.Time.GetUtcNow());
            bool all = await PublishAsync(epoch, cancellationToken);

            // All have it: once more at some moment of the first third of the next epoch. Else soon again.
            var next = network.StartOf(epoch + 1) + TimeSpan.FromSeconds(network.EpochSeconds * Fraction(0.05, 0.33));
            var soon = TimeSpan.FromSeconds(Math.Max(network.EpochSeconds * Fraction(0.02, 0.05), 0.1));
            var wait = all ? next - seams.Time.GetUtcNow() : soon;
            await Task.Delay(wait > TimeSpan.Zero ? wait : soon, seams.Time, cancellationToken);
        }
    }

    private double Fraction(double from, double to) => from + ((to - from) * seams.Decisions.NextBelow(1000) / 1000.0);

    private async Task<bool> PublishAsync(ulong epoch, CancellationToken cancellationToken)
    {
        _accepted.RemoveWhere(entry => entry.Epoch < epoch);
        var descriptor = sign(epoch);
        for (int index = 0; index < network.Authorities.Count; index++)
        {
            if (_accepted.Contains((epoch, index)))
            {
                continue;
            }

            var answer = await client.AskAsync(
                network.Authorities[index],
                DirectoryMessageType.PublishDescriptor,
                descriptor.Bytes,
                cancellationToken);
            if (answer?.Type == DirectoryMessageType.Accepted)
            {
                _accepted.Add((epoch, index));
            }
        }

        // The clock may have been put back: later epochs' entries do not count.
        return _accepted.Count(entry => entry.Epoch == epoch) == network.Authorities.Count;
    }
}
