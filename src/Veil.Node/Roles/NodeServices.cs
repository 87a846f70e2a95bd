using System.Runtime.CompilerServices;
using Veil.Circuits;
using Veil.Circuits.Streams;
using Veil.Directory;
using Veil.Directory.Authorities;
using Veil.Node.Directory;
using Veil.Node.Exits;
using Veil.Node.Observing;
using Veil.Storage.Serving;
using Veil.Wire;

namespace Veil.Node.Roles;

/// <summary>What a node that accepts links does with the streams that end at it: directory, store, exit.</summary>
internal sealed class NodeServices
{
    private readonly NodeOptions _options;
    private readonly NodeSeams _seams;
    private readonly CircuitContext _context;
    private readonly Func<Consensus?> _consensus;
    private readonly ExitService? _exit;

    /// <exception cref="ArgumentException">Roles and seams do not fit together.</exception>
    internal NodeServices(
        NodeOptions options,
        NodeSeams seams,
        CircuitContext context,
        RelayId self,
        Func<Consensus?> consensus)
    {
        (_options, _seams, _context, _consensus) = (options, seams, context, consensus);
        Gate = seams.Blocks is { } blocks
            ? new StampGate(options.Network.Id, self, blocks, seams.Time, options.Tariff)
            : null;
        _exit = options.Roles.HasFlag(NodeRoles.Exit) ? MakeExit() : null;
    }

    /// <summary>Whether the store takes nothing new.</summary>
    internal Func<bool> TakesNothing { get; init; } = static () => false;

    /// <summary>What the exit did; null for a node that is none.</summary>
    internal ExitCounters? ExitCounters => _exit?.Counters;

    /// <summary>What a store asks for leases; null for a node that is none.</summary>
    internal StampGate? Gate { get; }

    /// <summary>Offers them at a relay.</summary>
    internal void OfferAt(RelayRole relay, AuthorityRole? authority)
    {
        var directory = new DirectoryService(
            authority?.Responder,
            authority?.Gate ?? new Lock(),
            (known, output) => DirectoryResponder.AnswerConsensus(
                _consensus(), known, _seams.Time.GetUtcNow(), output),
            _seams.Time)
        {
            OnHandled = authority is null ? null : authority.Drain,
        };
        relay.Offer(ServiceId.Directory, directory.ServeAsync);
        if (_seams.Blocks is not null)
        {
            var budget = new StoreBudget();
            var options = new StoreSessionOptions
            {
                Denylist = _seams.Denylist,
                Records = _seams.Records,
                Gate = Gate,
                TakesNothing = TakesNothing,
            };
            var shares = new ConditionalWeakTable<object, CircuitShare>();
            relay.Offer(ServiceId.Store, stream =>
            {
                var share = shares.GetValue(stream.Circuit, _ => new CircuitShare(budget, _seams.Time));
                return ServeStoreAsync(stream, budget, options with { Circuit = share });
            });
        }

        if (_exit is { } exit)
        {
            relay.Offer(ServiceId.Exit, stream => exit.ServeAsync(stream, _context.Scope.Stopping));
        }
    }

    private async Task ServeStoreAsync(CircuitStream stream, StoreBudget budget, StoreSessionOptions options)
    {
        if (_seams.Observer is { } observer)
        {
            var circuit = ObservedCircuit.Place(stream.Inner);
            options = options with { OnBlock = (reference, stored) => observer.SawBlock(reference, stored, circuit) };
        }

        var session = new StoreSession(stream, _seams.Blocks!, budget, _seams.Time, options);
        _context.Counters.Count(await session.RunAsync(_context.Scope.Stopping));
    }

    private ExitService MakeExit()
    {
        var forbidden = new ForbiddenTargets(
            _options.Network.Lab,
            () => _options.Advertise?.ToEndPoint().Address,
            _consensus,
            _seams.Time);
        return new ExitService(
            _options.Exit,
            forbidden,
            _seams.Connections,
            _seams.LookUp ?? throw new ArgumentException("an exit needs a resolver"),
            _seams.Time);
    }
}
