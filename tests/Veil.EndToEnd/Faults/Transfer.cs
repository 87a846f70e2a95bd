using System.Diagnostics;
using System.Net;
using Veil.EndToEnd.Testnet;
using Veil.Tools.Testnet.Processes;
using Xunit;

namespace Veil.EndToEnd.Faults;

/// <summary>
/// A download by curl through a gateway and an exit. The test is who reads what curl writes, so that it stands where
/// the test wants it to.
/// </summary>
internal sealed class Transfer : IDisposable
{
    private readonly Process _curl;
    private readonly string? _startedAt;
    private readonly byte[] _came;

    private Transfer(Process curl, int bytes)
    {
        (_curl, _came) = (curl, new byte[bytes + 1]);
        _startedAt = ProcessTable.StartOf(curl.Id);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What has come.</summary>
    internal ReadOnlySpan<byte> Came => _came.AsSpan(0, Count);

    /// <summary>How many bytes have come.</summary>
    internal int Count { get; private set; }

    /// <summary>Starts it.</summary>
    internal static Transfer Start(RunningTestnet network, string gateway, IPEndPoint target, int bytes)
    {
        var socks = network.Node(gateway).GetProperty("ports").GetProperty("socks").GetInt32();
        return new Transfer(
            ToolProcess.Start(
                "curl", "--silent", "--show-error", "--fail", "--no-buffer",
                "--proxy", $"socks5h://127.0.0.1:{socks}", $"http://{target}/"),
            bytes);
    }

    /// <summary>Takes the next bytes.</summary>
    internal async Task ReadAsync(int bytes)
    {
        await _curl.StandardOutput.BaseStream.ReadExactlyAsync(_came.AsMemory(Count, bytes), Token);
        Count += bytes;
    }

    /// <summary>Takes all that comes until curl ends.</summary>
    /// <returns>How it ended.</returns>
    internal async Task<(int ExitCode, string Said)> ReadToEndAsync()
    {
        Count += await _curl.StandardOutput.BaseStream.ReadAtLeastAsync(
            _came.AsMemory(Count), _came.Length - Count, throwOnEndOfStream: false, Token);
        var said = await _curl.StandardError.ReadToEndAsync(Token);
        await _curl.WaitForExitAsync(Token);
        return (_curl.ExitCode, said.Trim());
    }

    /// <summary>Sends curl a signal.</summary>
    internal void Signal(int signal) =>
        Assert.True(Signals.Send(_curl.Id, _startedAt!, signal), "curl has ended before the moment");

    /// <inheritdoc/>
    public void Dispose()
    {
        _curl.Kill(entireProcessTree: true);
        _curl.Dispose();
    }
}
