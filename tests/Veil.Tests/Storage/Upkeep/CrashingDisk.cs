using Veil.Storage.Segments;
using Veil.Wire.Seams;

namespace Veil.Tests.Storage.Upkeep;

/// <summary>
/// What a store's folder may hold when its machine stops before any step that changes the disk: after a kill all that
/// was written; after a loss of power, of all that was not flushed any page or none, any length, and any removal.
/// </summary>
internal sealed class CrashingDisk(StoreRig rig, DecisionSource decisions)
{
    private const int Page = 4096;

    private readonly Dictionary<string, byte[]> _durable = [];
    private HashSet<string> _before = [];
    private DiskStep? _last;

    /// <summary>To be called before each step.</summary>
    public void Note(DiskStep step)
    {
        if (_last is DiskStep.FlushBlocks or DiskStep.FlushLeases)
        {
            var suffix = _last == DiskStep.FlushBlocks ? ".blocks" : ".leases";
            foreach (var (name, bytes) in Read().Where(file => file.Key.EndsWith(suffix, StringComparison.Ordinal)))
            {
                // Of one that became shorter, the cut was not flushed; one that is new since was not, either.
                if (_before.Contains(name) && bytes.Length >= (_durable.GetValueOrDefault(name)?.Length ?? 0))
                {
                    _durable[name] = bytes;
                }
            }
        }

        _before = [.. Read().Keys];
        _last = step;
    }

    /// <summary>Another disk that holds what is left when it stops now.</summary>
    public StoreRig Stop()
    {
        var left = new StoreRig();
        System.IO.Directory.CreateDirectory(left.Folder);
        var isPower = decisions.NextIndex(3) != 0;
        var now = Read();
        foreach (var name in now.Keys.Union(_durable.Keys).Order(StringComparer.Ordinal))
        {
            var bytes = isPower ? Mix(_durable.GetValueOrDefault(name), now.GetValueOrDefault(name))
                : now.GetValueOrDefault(name);
            if (bytes is not null) File.WriteAllBytes(Path.Combine(left.Folder, name), bytes);
        }

        return left;
    }

    private byte[]? Mix(byte[]? durable, byte[]? now)
    {
        // A removal may not have reached the disk; what is new has its name there, for that is flushed first.
        if (now is null) return decisions.NextIndex(2) == 0 ? durable : null;
        durable ??= [];
        var length = decisions.NextIndex(2) == 0 ? now.Length : durable.Length;
        var mixed = new byte[length];
        for (var offset = 0; offset < length; offset += Page)
        {
            // Where both are the same, it makes no difference which.
            var source = decisions.NextIndex(2) == 0 ? now : durable;
            source = offset < source.Length ? source : source == now ? durable : now;
            if (offset < source.Length)
            {
                source.AsSpan(offset, Math.Min(Page, Math.Min(source.Length, length) - offset))
                    .CopyTo(mixed.AsSpan(offset));
            }

            if (durable.Length == 0 && decisions.NextIndex(2) == 0)
            {
                mixed.AsSpan(offset, Math.Min(Page, length - offset)).Clear();
            }
        }

        return mixed;
    }

    private Dictionary<string, byte[]> Read() => new DirectoryInfo(rig.Folder)
        .GetFiles()
        .Where(file => file.Name != "lock")
        .ToDictionary(file => file.Name, file => ReadShared(file.FullName));

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
