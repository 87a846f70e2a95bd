using System.Diagnostics;
using Veil.Content.Edge;
using Veil.Content.Keys;

namespace Veil.Gateway.Sites;

/// <summary>
/// The files that are open, by label: requests for one file share it, and it is closed when idle or when room is needed
/// (spec/gateway.md, section 6). Safe for concurrent use.
/// </summary>
internal sealed class OpenFiles : IAsyncDisposable
{
    private readonly Func<ContentKey, IsolationGroup, CancellationToken, Task<ContentObject>> _open;
    private readonly GatewayOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _sweeper;
    private readonly Lock _lock = new();

    // All guarded by the lock.
    private readonly Dictionary<string, OpenFile> _files = new(StringComparer.Ordinal);
    private readonly HashSet<OpenFile> _closing = [];
    private bool _disposed;

    internal OpenFiles(
        Func<ContentKey, IsolationGroup, CancellationToken, Task<ContentObject>> open,
        GatewayOptions options,
        TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxOpenFiles);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.IdleFile, TimeSpan.Zero);
        _open = open;
        _options = options;
        _time = time;
        _sweeper = time.CreateTimer(
            static files => ((OpenFiles)files!).Sweep(), this, options.IdleFile, options.IdleFile / 2);
    }

    /// <summary>Files that are open or being opened.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _files.Count;
            }
        }
    }

    /// <summary>Opens a file, or shares the open one. Opening is given up when nobody waits any more.</summary>
    /// <returns>Dispose it as soon as the file is no longer read.</returns>
    /// <exception cref="ContentUnavailableException">It cannot be had.</exception>
    /// <exception cref="GatewayBusyException">As many files as allowed are being read.</exception>
    internal async Task<Lease> LeaseAsync(
        string label,
        ContentKey key,
        IsolationGroup group,
        CancellationToken cancellationToken)
    {
        var file = Enter(label, out var isNew, out var evicted);
        if (evicted is not null)
        {
            StartClosing(evicted);
        }

        if (isNew)
        {
            // Ends by completing Opened, which every lease and the closing await; it never throws.
            _ = OpenAsync(file, key, new IsolationGroup($"{group.Name}/fetch/{label}"));
        }

        try
        {
            return new Lease(this, file, await file.Opened.Task.WaitAsync(cancellationToken));
        }
        catch
        {
            Leave(file);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        OpenFile[] open;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            open = [.. _files.Values];
            _files.Clear();
            _closing.UnionWith(open);
        }

        await _sweeper.DisposeAsync();
        foreach (var file in open)
        {
            StartClosing(file);
        }

        Task[] closing;
        lock (_lock)
        {
            closing = [.. _closing.Select(file => file.Closed.Task)];
        }

        await Task.WhenAll(closing);
    }

    private OpenFile Enter(string label, out bool isNew, out OpenFile? evicted)
    {
        evicted = null;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            isNew = !_files.TryGetValue(label, out var file);
            if (file is null)
            {
                if (_files.Count >= _options.MaxOpenFiles)
                {
                    evicted = _files.Values.Where(open => open.Leases == 0).MinBy(open => open.LastUsed)
                        ?? throw new GatewayBusyException();
                    Retire(evicted);
                }

                file = new OpenFile(label);
                _files.Add(label, file);
            }

            file.Leases++;
            return file;
        }
    }

    private void Leave(OpenFile file)
    {
        bool abandoned;
        lock (_lock)
        {
            Debug.Assert(file.Leases > 0, "left once per lease");
            file.Leases--;
            file.LastUsed = _time.GetTimestamp();

            // Nobody waits for the opening any more, or it failed; a file that is open stays for the next reader.
            abandoned = file.Leases == 0 && !file.Opened.Task.IsCompletedSuccessfully && IsListed(file);
            if (abandoned)
            {
                Retire(file);
            }
        }

        if (abandoned)
        {
            StartClosing(file);
        }
    }

    private void Sweep()
    {
        OpenFile[] idle;
        lock (_lock)
        {
            idle = [.. _files.Values.Where(file =>
                file.Leases == 0 && _time.GetElapsedTime(file.LastUsed) >= _options.IdleFile)];
            Array.ForEach(idle, Retire);
        }

        Array.ForEach(idle, StartClosing);
    }

    private bool IsListed(OpenFile file) => _files.TryGetValue(file.Label, out var listed) && listed == file;

    private void Retire(OpenFile file)
    {
        _files.Remove(file.Label);
        _closing.Add(file);
    }

    private async Task OpenAsync(OpenFile file, ContentKey key, IsolationGroup group)
    {
        try
        {
            file.Opened.SetResult(await _open(key, group, file.Cancellation.Token));
        }
        catch (Exception failure)
        {
            lock (_lock)
            {
                // The next request tries anew.
                if (IsListed(file))
                {
                    Retire(file);
                }
            }

            file.Opened.SetException(failure);

            // Whoever still waits sees it; that nobody may is no fault.
            _ = file.Opened.Task.Exception;
            StartClosing(file);
        }
    }

    // The closing task completes Closed, which DisposeAsync awaits; it never throws.
    private void StartClosing(OpenFile file)
    {
        file.Cancellation.Cancel();
        _ = CloseAsync(file);
    }

    private async Task CloseAsync(OpenFile file)
    {
        if (Interlocked.Exchange(ref file.IsClosing, true))
        {
            return;
        }

        try
        {
            var content = await file.Opened.Task;
            await content.DisposeAsync();
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // It was never open, or would not close: either way it is gone, and whoever asked for it was told.
        }
        finally
        {
            lock (_lock)
            {
                _closing.Remove(file);
            }

            file.Closed.SetResult();
        }
    }

    /// <summary>One reader's share of an open file.</summary>
    internal sealed class Lease(OpenFiles owner, OpenFile file, ContentObject content) : IDisposable
    {
        private bool _left;

        /// <summary>The file, valid until this is disposed.</summary>
        internal ContentObject Content => content;

        /// <inheritdoc/>
        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _left, true))
            {
                owner.Leave(file);
            }
        }
    }
}
