using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Serilog;
using Serilog.Extensions.Logging;
using Veil.Node.Configuration;

namespace Veil.Node.Hosting;

/// <summary>
/// Where log lines go (spec/privacy.md, section 1): standard error, or the journal's form under systemd, and node.log,
/// which turns over at 10 MiB. The level changes while the node runs.
/// </summary>
internal sealed class NodeLogging : IDisposable
{
    private const long FileBytes = 10 << 20;
    private const int Files = 5;
    private const string OwnCategories = "Veil.";
    private const string Template =
        "{Timestamp:yyyy-MM-ddTHH:mm:ss.fffzzz} {Level:u3} {SourceContext} {EventId} {Message:lj}{NewLine}{Exception}";

    private readonly Serilog.Core.Logger? _file;
    private volatile int _level;

    /// <param name="level">The least severe level.</param>
    /// <param name="path">The file, or null for none.</param>
    internal NodeLogging(LogLevel level, string? path)
    {
        _level = (int)level;
        if (path is not null)
        {
            _file = new LoggerConfiguration()
                .MinimumLevel.Verbose()
                .WriteTo.File(
                    path,
                    outputTemplate: Template,
                    formatProvider: CultureInfo.InvariantCulture,
                    fileSizeLimitBytes: FileBytes,
                    rollOnFileSizeLimit: true,
                    retainedFileCountLimit: Files)
                .CreateLogger();
        }
    }

    /// <summary>The least severe level that is logged.</summary>
    internal LogLevel Level
    {
        get => (LogLevel)_level;
        set => _level = (int)value;
    }

    /// <summary>Adds the two places, and the rule of what comes through.</summary>
    internal void Configure(ILoggingBuilder builder)
    {
        builder.ClearProviders();
        builder.SetMinimumLevel(LogLevel.Debug);

        // What others' libraries log was not read for addresses and paths: only their last words count.
        builder.AddFilter((category, level) => level >= Level
            && (level >= LogLevel.Critical || category?.StartsWith(OwnCategories, StringComparison.Ordinal) == true));
        builder.AddConsole(options =>
        {
            options.LogToStandardErrorThreshold = LogLevel.Trace;
            options.FormatterName = SystemdHelpers.IsSystemdService()
                ? ConsoleFormatterNames.Systemd
                : ConsoleFormatterNames.Simple;
        });
        builder.AddSimpleConsole(options => options.SingleLine = true);
        if (_file is not null)
        {
            // Not AddSerilog: it adds a filter of its own, which lets everything through.
            builder.AddProvider(new SerilogLoggerProvider(_file, dispose: false));
        }
    }

    /// <summary>Flushes and closes the file.</summary>
    public void Dispose() => _file?.Dispose();
}
