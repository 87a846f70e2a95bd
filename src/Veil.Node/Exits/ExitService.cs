using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Veil.Circuits.Streams;
using Veil.Links.Tcp;
using Veil.Wire.Exits;

namespace Veil.Node.Exits;

/// <summary>
/// An exit's side of its streams (spec/exit.md): reads the request, decides, looks up, connects, answers, and carries
/// bytes until one side ends. Any number of streams at once.
/// </summary>
internal sealed class ExitService
{
    private const int MaxAddresses = 3;

    private readonly ExitOptions _options;
    private readonly ForbiddenTargets _forbidden;
    private readonly IConnectionFactory _connections;
    private readonly Func<string, CancellationToken, Task<IReadOnlyList<IPAddress>>> _lookUp;
    private readonly TimeProvider _time;
    private int _lookUps;

    /// <param name="options">Policy and bounds.</param>
    /// <param name="forbidden">What no policy allows.</param>
    /// <param name="connections">Makes connections to targets.</param>
    /// <param name="lookUp">The resolver.</param>
    /// <param name="time">For time limits.</param>
    internal ExitService(
        ExitOptions options,
        ForbiddenTargets forbidden,
        IConnectionFactory connections,
        Func<string, CancellationToken, Task<IReadOnlyList<IPAddress>>> lookUp,
        TimeProvider time)
    {
        _options = options;
        _forbidden = forbidden;
        _connections = connections;
        _lookUp = lookUp;
        _time = time;
    }

    /// <summary>What it did.</summary>
    internal ExitCounters Counters { get; } = new();

    /// <summary>Serves one stream to its end; never throws for what others do.</summary>
    internal async Task ServeAsync(CircuitStream stream, CancellationToken stopping)
    {
        try
        {
            await AnswerAsync(stream, stopping);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            // The stream or its circuit is gone, the request was none, or the node stops.
            stream.Reset();
        }
    }

    private async Task AnswerAsync(CircuitStream stream, CancellationToken stopping)
    {
        var target = await ReadRequestAsync(stream, stopping);
        if (!Counters.TryEnter(_options.MaxConnections))
        {
            await RefuseAsync(stream, ExitAnswer.Busy, stopping);
            return;
        }

        try
        {
            var (answer, connection) = await ConnectAsync(target, stopping);
            if (connection is null)
            {
                await RefuseAsync(stream, answer, stopping);
                return;
            }

            await using (connection)
            {
                Counters.Count(ExitAnswer.Connected);
                await stream.Output.WriteAsync(new[] { (byte)ExitAnswer.Connected }, stopping);
                await using var _ = stopping.Register(stream.Reset);
                await StreamBridge.RunAsync(stream, connection);
            }
        }
        finally
        {
            Counters.Leave();
        }
    }

    /// <exception cref="IOException">It is none, or did not come in time.</exception>
    private async Task<ExitTarget> ReadRequestAsync(CircuitStream stream, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        while (true)
        {
            var read = await stream.Input.ReadAsync(either.Token);
            var buffer = read.Buffer;
            var status = ExitTarget.TryRead(ref buffer, out var target);
            stream.Input.AdvanceTo(buffer.Start, status == ExitRequestStatus.Whole ? buffer.Start : buffer.End);
            if (status == ExitRequestStatus.Whole)
            {
                return target!;
            }

            if (status == ExitRequestStatus.Malformed || read.IsCompleted)
            {
                throw new IOException("a stream without a request");
            }
        }
    }

    // The answer must have left before the stream is taken apart: the asker ends its direction upon it.
    private async Task RefuseAsync(CircuitStream stream, ExitAnswer answer, CancellationToken stopping)
    {
        Counters.Count(answer);
        await stream.Output.WriteAsync(new[] { (byte)answer }, stopping);
        await stream.Output.CompleteAsync();
        using var limit = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        while (true)
        {
            var read = await stream.Input.ReadAsync(either.Token);
            stream.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        await stream.Input.CompleteAsync();
    }

    private async Task<(ExitAnswer Answer, ConnectionContext? Connection)> ConnectAsync(
        ExitTarget target, CancellationToken stopping)
    {
        if (!_options.Policy.MayTake(target.Port))
        {
            return (ExitAnswer.Policy, null);
        }

        IReadOnlyList<IPAddress> addresses = [];
        var answer = ExitAnswer.NotFound;
        if (target.Address is { } literal)
        {
            addresses = [literal];
        }
        else if (!HostName.IsSpecial(target.Name!))
        {
            (answer, addresses) = await LookUpAsync(target.Name!, stopping);
        }

        if (addresses.Count == 0)
        {
            return (answer, null);
        }

        var allowed = addresses
            .Where(address => _options.Policy.Takes(address, target.Port) && !_forbidden.Forbids(address, target.Port))
            .Take(MaxAddresses)
            .ToArray();
        return allowed.Length == 0 ? (ExitAnswer.Policy, null) : await ConnectAsync(allowed, target.Port, stopping);
    }

    private async Task<(ExitAnswer Answer, IReadOnlyList<IPAddress> Addresses)> LookUpAsync(
        string name, CancellationToken stopping)
    {
        if (Interlocked.Increment(ref _lookUps) > _options.MaxLookUps)
        {
            Interlocked.Decrement(ref _lookUps);
            return (ExitAnswer.Busy, []);
        }

        // The system's call may go on after it was given up: its place is free when it has ended.
        var looking = LookUpToTheEndAsync(name, stopping);
        using var limit = new CancellationTokenSource(_options.LookUpTimeout, _time);
        try
        {
            return (ExitAnswer.NotFound, await looking.WaitAsync(limit.Token));
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return (ExitAnswer.TimedOut, []);
        }
    }

    private async Task<IReadOnlyList<IPAddress>> LookUpToTheEndAsync(string name, CancellationToken stopping)
    {
        try
        {
            var found = await _lookUp(name, stopping);
            return [.. found.Select(address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)];
        }
        finally
        {
            Interlocked.Decrement(ref _lookUps);
        }
    }

    private async Task<(ExitAnswer Answer, ConnectionContext? Connection)> ConnectAsync(
        IPAddress[] addresses, ushort port, CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        var answer = ExitAnswer.Failed;
        foreach (var address in addresses)
        {
            try
            {
                var connection = await _connections.ConnectAsync(new IPEndPoint(address, port), either.Token);
                return (ExitAnswer.Connected, connection);
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                return (ExitAnswer.TimedOut, null);
            }
            catch (IOException fault)
            {
                answer = AnswerOf(fault);
            }
        }

        return (answer, null);
    }

    private static ExitAnswer AnswerOf(IOException fault) => (fault as TcpSetupException)?.Error switch
    {
        SocketError.ConnectionRefused => ExitAnswer.Refused,
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown
            or SocketError.HostDown or SocketError.AddressFamilyNotSupported => ExitAnswer.Unreachable,
        SocketError.TimedOut => ExitAnswer.TimedOut,
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable
            or SocketError.AddressNotAvailable => ExitAnswer.Busy,
        _ => ExitAnswer.Failed,
    };
}
