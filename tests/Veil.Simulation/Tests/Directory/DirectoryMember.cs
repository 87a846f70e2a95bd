using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Veil.Node;
using Veil.Simulation.Network;
using Veil.Simulation.Storage;
using Veil.Wire.Documents;

namespace Veil.Simulation.Tests.Directory;

/// <summary>One member of a <see cref="DirectoryWorld"/>: its keys and its disk outlive its processes.</summary>
internal sealed class DirectoryMember(string name, NodeRoles roles, IPAddress address, byte[][] keys)
{
    internal string Name => name;

    internal NodeRoles Roles => roles;

    internal IPAddress Address => address;

    /// <summary>Identity seed, link key, onion key.</summary>
    internal byte[][] Keys => keys;

    internal MemoryNodeState State { get; } = new();

    internal MemoryDocumentSlot Consensus { get; } = new(DocumentLimits.MaxConsensusBytes);

    internal MemoryDocumentSlot Vote { get; } = new(DocumentLimits.MaxVoteBytes);

    internal List<(TimeSpan At, IPAddress To)> Attempts { get; } = [];

    internal List<(TimeSpan At, EventId Id, string Text)> Lines { get; } = [];

    internal HostTransport? Host { get; set; }

    internal VeilNode Node { get; set; } = null!;

    internal IEnumerable<string> Problems => Node.Health.Problems.Select(problem => problem.Code);

    /// <summary>The most that happened in any ten minutes.</summary>
    internal static int MostInTenMinutes(IReadOnlyList<TimeSpan> moments) => moments.Count == 0
        ? 0
        : moments.Max(from => moments.Count(at => at >= from && at < from + TimeSpan.FromMinutes(10)));
}

/// <summary>Notes each attempt to connect.</summary>
internal sealed class NotingConnections(DirectoryMember member, HostTransport inner, Func<TimeSpan> now)
    : IConnectionFactory
{
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        member.Attempts.Add((now(), ((IPEndPoint)endpoint).Address));
        return inner.ConnectAsync(endpoint, cancellationToken);
    }
}

/// <summary>Notes each line at Information or above.</summary>
internal sealed class NotingLoggers(DirectoryMember member, Func<TimeSpan> now) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        member.Lines.Add((now(), eventId, formatter(state, exception) + exception));

    public void Dispose()
    {
    }
}
