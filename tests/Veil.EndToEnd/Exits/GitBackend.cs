using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Veil.EndToEnd.Exits;

/// <summary>Git's own HTTP server, <c>git http-backend</c>, which is a CGI program (RFC 3875).</summary>
internal sealed class GitBackend(string git, string repositories)
{
    /// <summary>Has it answer one request.</summary>
    internal async Task AnswerAsync(HttpContext context)
    {
        using var backend = Process.Start(Describe(context.Request))!;
        try
        {
            await Task.WhenAll(PutAsync(context, backend), TakeAsync(context, backend));
            await backend.WaitForExitAsync(context.RequestAborted);
        }
        finally
        {
            if (!backend.HasExited)
            {
                backend.Kill(entireProcessTree: true);
            }
        }
    }

    private ProcessStartInfo Describe(HttpRequest request)
    {
        var start = new ProcessStartInfo(git, ["http-backend"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var variables = start.Environment;
        variables["GIT_PROJECT_ROOT"] = repositories;
        variables["GIT_HTTP_EXPORT_ALL"] = "1";

        // A served repository belongs to who runs the tests; the files of that person's own Git are of no matter.
        variables["GIT_CONFIG_GLOBAL"] = "/dev/null";
        variables["REMOTE_USER"] = "tester";
        variables["REQUEST_METHOD"] = request.Method;
        variables["PATH_INFO"] = request.Path.Value;
        variables["QUERY_STRING"] = request.QueryString.Value?.TrimStart('?') ?? "";
        variables["CONTENT_TYPE"] = request.ContentType ?? "";
        variables["HTTP_CONTENT_ENCODING"] = request.Headers.ContentEncoding;
        variables["GIT_PROTOCOL"] = request.Headers["Git-Protocol"];
        if (request.ContentLength is { } length)
        {
            variables["CONTENT_LENGTH"] = length.ToString(CultureInfo.InvariantCulture);
        }

        return start;
    }

    private static async Task PutAsync(HttpContext context, Process backend)
    {
        await context.Request.Body.CopyToAsync(backend.StandardInput.BaseStream, context.RequestAborted);
        backend.StandardInput.Close();
    }

    private static async Task TakeAsync(HttpContext context, Process backend)
    {
        var output = PipeReader.Create(backend.StandardOutput.BaseStream);
        while (await ReadLineAsync(output, context.RequestAborted) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            if (name == "Status")
            {
                context.Response.StatusCode = int.Parse(value.Split(' ')[0], CultureInfo.InvariantCulture);
            }
            else
            {
                context.Response.Headers[name] = value;
            }
        }

        await output.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task<string> ReadLineAsync(PipeReader output, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await output.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.ASCII.GetString(read.Buffer.Slice(0, end));
                output.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line.TrimEnd('\r');
            }

            output.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            Assert.False(read.IsCompleted, "git http-backend ended before its headers did");
        }
    }
}
