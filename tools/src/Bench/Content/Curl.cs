using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Veil.Bench.Content;

/// <summary>One user of a gateway: curl with credentials of its own, which set it apart from the others.</summary>
/// <param name="Port">The gateway's SOCKS port.</param>
/// <param name="User">The name that it gives.</param>
internal sealed record Curl(int Port, string User)
{
    private const int Taken = 1024;

    /// <summary>Gives the key to <c>open.veil</c>.</summary>
    /// <returns>Milliseconds until the answer, and where the content is.</returns>
    /// <exception cref="IOException">curl or the gateway fails.</exception>
    internal (double Milliseconds, Uri Url) Open(string key)
    {
        var (time, body) = Run(key, "--header", "Content-Type: text/plain", "--data", "@-", "http://open.veil/open");
        using var answer = JsonDocument.Parse(body);
        return answer.RootElement.TryGetProperty("url", out var url)
            ? (time, new Uri(url.GetString()!))
            : throw new IOException($"the gateway answers {body}");
    }

    /// <summary>Asks for 1 KiB from a place on.</summary>
    /// <returns>Milliseconds until the first byte.</returns>
    /// <exception cref="IOException">curl or the gateway fails.</exception>
    internal double FirstByte(Uri url, long place)
    {
        string range = string.Create(CultureInfo.InvariantCulture, $"{place}-{place + Taken - 1}");
        var (time, _) = Run("", "--output", "/dev/null", "--range", range, url.AbsoluteUri);
        return time;
    }

    private (double Milliseconds, string Body) Run(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            "curl",
            [
                "--silent", "--fail", "--proxy", $"socks5h://{User}:-@127.0.0.1:{Port}",
                "--write-out", "\n%{time_starttransfer}", .. arguments,
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new IOException("cannot start curl");
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        int end = output.LastIndexOf('\n');
        return process.ExitCode == 0
            ? (double.Parse(output.AsSpan(end + 1), CultureInfo.InvariantCulture) * 1000, output[..end])
            : throw new IOException($"curl ended with {process.ExitCode}");
    }
}
