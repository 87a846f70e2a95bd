using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Veil.Node.Configuration;

namespace Veil.Node.Hosting;

/// <summary>Reads veil.json again when it changes and at SIGHUP; tells of settings that are right (spec/operating.md,
/// section 2).</summary>
internal sealed partial class SettingsWatch : IDisposable
{
    private readonly SettingsSource _settings;
    private readonly ILogger _logger;
    private readonly string _file;
    private readonly FileSystemWatcher? _files;
    private readonly PosixSignalRegistration? _signal;
    private readonly Lock _lock = new();

    internal SettingsWatch(SettingsSource settings, DataPaths paths, ILogger logger)
    {
        _settings = settings;
        _logger = logger;
        _file = Path.GetFileName(paths.Settings);
        _files = TryWatch(paths.Folder);
        _signal = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            Reload();
        });
    }

    /// <summary>Told of settings that are all right, one caller at a time.</summary>
    internal event Action<NodeConfiguration>? Changed;

    /// <summary>Changes one setting in the file and in force.</summary>
    /// <exception cref="NodeStartException">It is wrong; nothing was changed.</exception>
    internal void Change(string setting, string? value)
    {
        lock (_lock)
        {
            Changed?.Invoke(_settings.Change(setting, value));
        }
    }

    /// <summary>Stops watching.</summary>
    public void Dispose()
    {
        _signal?.Dispose();
        _files?.Dispose();
    }

    // Only the folder itself: below it a store writes all the time.
    private FileSystemWatcher? TryWatch(string folder)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(folder, _file)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite,
            };
            watcher.Changed += (_, _) => Reload();
            watcher.Created += (_, _) => Reload();
            watcher.Renamed += (_, change) => OnRenamed(change);
            watcher.Error += (_, error) => OnError(error.GetException());
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The user's watches are used up, as a rule by other programs. The node can do without.
            watcher?.Dispose();
            LogUnwatched(_logger);
            return null;
        }
    }

    // A file that is replaced comes under its name. One that goes is most often about to be replaced by an editor.
    private void OnRenamed(RenamedEventArgs change)
    {
        if (change.Name == _file)
        {
            Reload();
        }
    }

    private void OnError(Exception fault)
    {
        if (fault is InternalBufferOverflowException)
        {
            // Something was missed; perhaps it was this.
            Reload();
        }
        else
        {
            LogUnwatched(_logger);
        }
    }

    /// <summary>Reads the file and tells of it. Never throws: it runs on threads that are nobody's.</summary>
    internal void Reload()
    {
        lock (_lock)
        {
            try
            {
                Changed?.Invoke(_settings.Load());
                LogTaken(_logger);
            }
            catch (NodeStartException fault)
            {
                LogRefused(_logger, fault.Message);
            }
            catch (Exception fault)
            {
                // Nobody is above a signal's or a watcher's thread: the process would end, and circuits with it.
                LogFailed(_logger, fault.GetType().Name);
            }
        }
    }

    [LoggerMessage(110, LogLevel.Information, "settings were read again; those marked live are in force, the "
        + "others at the next start")]
    private static partial void LogTaken(ILogger logger);

    [LoggerMessage(111, LogLevel.Warning, "settings were not taken, the former ones stay: {Problems}")]
    private static partial void LogRefused(ILogger logger, string problems);

    [LoggerMessage(113, LogLevel.Warning, "changes of veil.json are not noticed from now on: after one, send SIGHUP")]
    private static partial void LogUnwatched(ILogger logger);

    // Only the kind of a failure: its message may name a file.
    [LoggerMessage(112, LogLevel.Error, "settings could not be read again by our own fault: {Kind}")]
    private static partial void LogFailed(ILogger logger, string kind);
}
