using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Veil.Cli.Output;

namespace Veil.Cli.Demo;

/// <summary>What a stock HTTP client got.</summary>
internal sealed record FetchedFile(string Client, string Name, long Bytes, string Sha256);

/// <summary>
/// Fetches through a SOCKS port as any user would: with curl when it is there, else with the framework's HTTP client.
/// </summary>
internal static class DemoFetch
{
    internal static async Task<FetchedFile> RunAsync(
        string url,
        IPEndPoint socks,
        string output,
        CancellationToken cancellationToken)
    {
        string headers = output + ".headers";
        using var curl = TryStartCurl(url, socks, output, headers);
        if (curl is null)
        {
            return await FetchWithFrameworkAsync(url, socks, output, cancellationToken);
        }

        string errors = await curl.StandardError.ReadToEndAsync(cancellationToken);
        await curl.WaitForExitAsync(cancellationToken);
        if (curl.ExitCode != 0)
        {
            throw new CliFailure(
                ExitCodes.Failed, "not_fetched", $"curl ended with {curl.ExitCode}: {errors.Trim()}", "try again");
        }

        var lines = await File.ReadAllLinesAsync(headers, cancellationToken);
        string disposition = lines
            .Select(line => line.Split(':', 2))
            .Where(parts => parts.Length == 2 && parts[0].Equals("content-disposition",
                StringComparison.OrdinalIgnoreCase))
            .Select(parts => parts[1].Trim())
            .FirstOrDefault("");

        // curl makes no file of an empty body.
        if (!File.Exists(output))
        {
            await File.WriteAllBytesAsync(output, [], cancellationToken);
        }

        return new FetchedFile("curl", NameIn(disposition), new FileInfo(output).Length, "");
    }

    private static Process? TryStartCurl(string url, IPEndPoint socks, string output, string headers)
    {
        var start = new ProcessStartInfo("curl") { RedirectStandardError = true };
        string[] arguments =
        [
            "--silent", "--show-error", "--fail", "--noproxy", "", "--socks5-hostname", socks.ToString(),
            "--dump-header", headers, "--output", output, url,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static async Task<FetchedFile> FetchWithFrameworkAsync(
        string url,
        IPEndPoint socks,
        string output,
        CancellationToken cancellationToken)
    {
#pragma warning disable RS0030 // Stands for the user's browser: it goes through the SOCKS port, never to the network.
        using var client = new HttpClient(new SocketsHttpHandler { Proxy = new WebProxy($"socks5://{socks}") });
        using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
#pragma warning restore RS0030
        if (!response.IsSuccessStatusCode)
        {
            throw new CliFailure(
                ExitCodes.Failed, "not_fetched", $"the gateway answered {(int)response.StatusCode}", "try again");
        }

        await using (var file = File.Create(output))
        {
            await response.Content.CopyToAsync(file, cancellationToken);
        }

        string disposition = response.Content.Headers.ContentDisposition?.ToString() ?? "";
        return new FetchedFile(".NET HttpClient", NameIn(disposition), new FileInfo(output).Length, "");
    }

    private static string NameIn(string disposition) =>
        ContentDispositionHeaderValue.TryParse(disposition, out var value)
            ? value.FileNameStar ?? value.FileName?.Trim('"') ?? ""
            : "";
}
