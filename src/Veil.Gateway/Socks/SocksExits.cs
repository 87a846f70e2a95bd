using Veil.Circuits.Streams;
using Veil.Content.Edge;
using Veil.Wire.Exits;

namespace Veil.Gateway.Socks;

/// <summary>The way out of the network, where it has exits (spec/exit.md, section 7).</summary>
/// <param name="Exist">Whether there are any now.</param>
/// <param name="ConnectAsync">Opens a stream to a target: the answer, and the stream when it is Connected.</param>
public sealed record SocksExits(
    Func<bool> Exist,
    Func<ExitTarget, IsolationGroup, CancellationToken, Task<(ExitAnswer Answer, CircuitStream? Stream)>> ConnectAsync)
{
    /// <summary>A network without exits.</summary>
    public static SocksExits None { get; } = new(
        () => false, (_, _, _) => Task.FromResult((ExitAnswer.Failed, default(CircuitStream))));
}
