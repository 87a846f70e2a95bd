using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Veil.Node.Hosting;
using Xunit;

namespace Veil.Tests.Node.Hosting;

/// <summary>What comes through to node.log (spec/privacy.md, section 1).</summary>
public sealed class NodeLoggingTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("veil-log-").FullName;

    [Fact]
    public void Only_our_own_lines_of_the_level_reach_the_file_and_the_last_words_of_others()
    {
        string path = Path.Combine(_folder, "node.log");
        using (var logging = new NodeLogging(LogLevel.Information, path))
        {
            Log(logging, "Veil.Node", LogLevel.Information, "ours");
            Log(logging, "Veil.Node", LogLevel.Debug, "ours-detail");
            Log(logging, "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Debug, "theirs-detail");
            Log(logging, "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error, "theirs-error");
            Log(logging, "Microsoft.Extensions.Hosting", LogLevel.Critical, "theirs-last");
            logging.Level = LogLevel.Debug;
            Log(logging, "Veil.Node", LogLevel.Debug, "ours-later");
        }

        string[] words = [.. File.ReadAllLines(path).Select(line => line.Split(' ')[^1])];
        Assert.Equal(["ours", "theirs-last", "ours-later"], words);
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    private static void Log(NodeLogging logging, string category, LogLevel level, string text)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging.Configure);
        using var provider = services.BuildServiceProvider();
        var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger(category);
        logger.Log(level, new EventId(1), text, null, static (state, _) => state);
    }
}
