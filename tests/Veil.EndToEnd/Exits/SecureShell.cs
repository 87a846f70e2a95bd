using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Veil.Links.Tcp;
using Xunit;

namespace Veil.EndToEnd.Exits;

/// <summary>
/// An OpenSSH server on 127.0.0.1 with keys of its own: the test listens and starts an sshd for each connection, as
/// inetd does, so that no port has to be guessed. Ends with the test.
/// </summary>
internal sealed class SecureShell : IAsyncDisposable
{
    /// <summary>The name under which <see cref="KnownHosts"/> has its key.</summary>
    internal const string HostAlias = "veil-test";

    // What sshd wants to be there when root starts it; the package's service makes it.
    private const string PrivilegeFolder = "/run/sshd";

    private readonly string _sshd;
    private readonly string _folder;
    private readonly TcpTransport _transport = new();
    private readonly CancellationTokenSource _stop = new();
    private IConnectionListener? _listener;
    private Task _serving = Task.CompletedTask;

    private SecureShell(string sshd, string folder) => (_sshd, _folder) = (sshd, folder);

    /// <summary>Its port.</summary>
    internal int Port => ((IPEndPoint)_listener!.EndPoint).Port;

    /// <summary>The key that it lets in.</summary>
    internal string UserKey => Path.Combine(_folder, "user_key");

    /// <summary>Its own key, as clients keep it.</summary>
    internal string KnownHosts => Path.Combine(_folder, "known_hosts");

    private string Settings => Path.Combine(_folder, "sshd_config");

    /// <summary>Makes keys in a folder and listens.</summary>
    internal static async Task<SecureShell> StartAsync(string sshd, string keygen, string folder)
    {
        var token = TestContext.Current.CancellationToken;
        var shell = new SecureShell(sshd, folder);
        var hostKey = Path.Combine(folder, "host_key");
        foreach (var key in new[] { hostKey, shell.UserKey })
        {
            var made = await ToolProcess.RunProgramAsync(keygen, "-q", "-t", "ed25519", "-N", "", "-f", key);
            Assert.True(made.ExitCode == 0, made.Errors);
        }

        await File.WriteAllTextAsync(
            shell.KnownHosts, $"{HostAlias} {await File.ReadAllTextAsync(hostKey + ".pub", token)}", token);
        await File.WriteAllLinesAsync(
            shell.Settings,
            [
                $"HostKey {hostKey}", $"AuthorizedKeysFile {shell.UserKey}.pub", "StrictModes no", "UsePAM no",
                "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PidFile none", "LogLevel ERROR",
            ],
            token);
        if (Environment.IsPrivilegedProcess)
        {
            System.IO.Directory.CreateDirectory(PrivilegeFolder);
        }

        shell._listener = await shell._transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), token);
        shell._serving = shell.ServeAsync(shell._listener);
        return shell;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _serving;
        await _listener!.UnbindAsync();
        await _listener.DisposeAsync();
        _transport.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(IConnectionListener listener)
    {
        var serving = new List<Task>();
        try
        {
            while (await listener.AcceptAsync(_stop.Token) is { } connection)
            {
                serving.Add(ServeAsync(connection));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }

        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(ConnectionContext connection)
    {
        await using var owned = connection;
        using var sshd = Process.Start(new ProcessStartInfo(_sshd, ["-i", "-e", "-f", Settings])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        using var over = _stop.Token.Register(() => sshd.Kill(entireProcessTree: true));
        try
        {
            var putting = PutAsync(connection.Transport.Input, sshd);
            await sshd.StandardOutput.BaseStream.CopyToAsync(connection.Transport.Output, _stop.Token);
            await connection.Transport.Output.CompleteAsync();
            await putting;
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            // The client left, or the test is over.
        }
        finally
        {
            sshd.Kill(entireProcessTree: true);
            await sshd.WaitForExitAsync(CancellationToken.None);
        }
    }

    private async Task PutAsync(PipeReader from, Process sshd)
    {
        await from.CopyToAsync(sshd.StandardInput.BaseStream, _stop.Token);
        sshd.StandardInput.Close();
    }
}
