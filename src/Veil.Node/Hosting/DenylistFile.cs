using Microsoft.Extensions.Logging;
using Veil.Node.Configuration;
using Veil.Storage;
using Veil.Wire;
using Veil.Wire.Denying;

namespace Veil.Node.Hosting;

/// <summary>The node's denylist and the file that it comes from (spec/store.md, section 8). Any thread.</summary>
/// <param name="usual">The file that need not exist: nobody named it.</param>
/// <param name="logger">Says how long the list is.</param>
internal sealed partial class DenylistFile(string usual, ILogger logger)
{
    // 64 digits and a line end for each entry, and as much again for comments.
    private const long MaxFileBytes = 2L * Denylist.MaxEntries * 65;

    private readonly Lock _lock = new();
    private string? _path;

    /// <summary>The list in force.</summary>
    internal Denylist List { get; } = new();

    /// <summary>Takes the file at the start of the node.</summary>
    /// <exception cref="NodeStartException">It cannot be read or has a line that is wrong.</exception>
    internal void Open(string path)
    {
        lock (_lock)
        {
            _path = path;
            if (TryLoad(path) is { } fault)
            {
                throw new NodeStartException(
                    "denylist", $"{path}: {fault}",
                    "correct it: 64 hexadecimal digits a line, # begins a comment; `veil deny` writes such lines");
            }

            LogTaken(logger, List.Count);
        }
    }

    /// <summary>Takes the file again; one that is wrong is not taken, and the log says so.</summary>
    internal void Reload(string path)
    {
        lock (_lock)
        {
            _path = path;
            if (TryLoad(path) is { } fault)
            {
                LogRefused(logger, fault);
            }
            else
            {
                LogTaken(logger, List.Count);
            }
        }
    }

    /// <summary>Adds an entry to the file and to the list; false when it was there.</summary>
    /// <exception cref="IOException">The file cannot be written; nothing was changed.</exception>
    internal bool Add(BlockRef reference)
    {
        lock (_lock)
        {
            string path = _path ?? throw new InvalidOperationException("the file is not open");
            var entry = Denylist.HashOf(reference);
            if (TryLoad(path) is { } fault)
            {
                throw new IOException(fault);
            }

            if (List.Contains(entry))
            {
                return false;
            }

            string before = File.Exists(path) ? File.ReadAllText(path) : "";
            string separator = before.Length == 0 || before.EndsWith('\n') ? "" : "\n";
            DurableFile.Replace(path, System.Text.Encoding.UTF8.GetBytes($"{before}{separator}{entry}\n"));
            _ = TryLoad(path);
            return true;
        }
    }

    private string? TryLoad(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                // A list that its owner named and that is not there forbids nothing: that must not pass for his will.
                if (path != usual)
                {
                    return "the file is not there";
                }

                List.Replace([]);
                return null;
            }

            using var text = File.OpenRead(path);
            if (text.Length > MaxFileBytes)
            {
                return $"it has more than {MaxFileBytes} bytes";
            }

            if (!DenylistText.TryRead(text, out var entries, out var fault))
            {
                return fault.Message;
            }

            List.Replace(entries);
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault.Message;
        }
    }

    [LoggerMessage(120, LogLevel.Warning, "the denylist was not taken, the former one stays: {Fault}")]
    private static partial void LogRefused(ILogger logger, string fault);

    [LoggerMessage(121, LogLevel.Information, "the denylist has {Count} entries")]
    private static partial void LogTaken(ILogger logger, int count);
}
