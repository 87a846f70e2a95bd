using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Veil.Storage.Segments;

/// <summary>The folder of one store: its lock, and the names of its files (spec/store.md, section 5).</summary>
internal sealed class StoreFolder : IDisposable
{
    private const string LockName = "lock";
    private const string SegmentSuffix = ".blocks";
    private const string LeaseSuffix = ".leases";
    private const int NumberDigits = 8;

    private readonly SafeFileHandle _lock;

    private StoreFolder(string path, SafeFileHandle handle)
    {
        Path = path;
        _lock = handle;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>
    /// Creates the folder if it is missing, for its owner's eyes only, and takes it for this process.
    /// </summary>
    /// <exception cref="StorageException">Somebody has it.</exception>
    public static StoreFolder Open(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var lockPath = System.IO.Path.Combine(path, LockName);
        return new StoreFolder(path, ExclusiveFile.Lock(lockPath, $"the store in {path}"));
    }

    /// <summary>Path of the segment with this number.</summary>
    public string SegmentPath(uint number) => PathOf(number, SegmentSuffix);

    /// <summary>Path of the lease log with this number.</summary>
    public string LeasePath(uint number) => PathOf(number, LeaseSuffix);

    /// <summary>What is in the folder, each list in the order of the numbers.</summary>
    public StoreFiles List()
    {
        var segments = new SortedSet<uint>();
        var leases = new SortedSet<uint>();
        var foreign = 0;
        foreach (var file in Directory.EnumerateFileSystemEntries(Path))
        {
            var name = System.IO.Path.GetFileName(file);
            if (name == LockName)
            {
                continue;
            }

            if (TryParse(name, SegmentSuffix, out var number))
            {
                segments.Add(number);
            }
            else if (TryParse(name, LeaseSuffix, out number))
            {
                leases.Add(number);
            }
            else
            {
                foreign++;
            }
        }

        return new StoreFiles([.. segments], [.. leases], foreign);
    }

    /// <summary>Makes creations and removals durable.</summary>
    public void Flush() => FolderSync.Flush(Path);

    /// <summary>Lets others have the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private static bool TryParse(string name, string suffix, out uint number)
    {
        number = 0;
        return name.Length == NumberDigits + suffix.Length
            && name.EndsWith(suffix, StringComparison.Ordinal)
            && uint.TryParse(name.AsSpan(0, NumberDigits), NumberStyles.AllowHexSpecifier, null, out number);
    }

    private string PathOf(uint number, string suffix) => System.IO.Path.Combine(Path, $"{number:x8}{suffix}");
}

/// <summary>What is in a store's folder.</summary>
/// <param name="Segments">Numbers of the segment files.</param>
/// <param name="LeaseLogs">Numbers of the lease logs.</param>
/// <param name="Foreign">Files under other names: never touched.</param>
internal sealed record StoreFiles(
    IReadOnlyList<uint> Segments,
    IReadOnlyList<uint> LeaseLogs,
    int Foreign);
