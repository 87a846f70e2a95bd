namespace Veil.Storage.Segments;

/// <summary>How much of the store's file system is left, and how much of that is to stay (spec/store.md, section 4).
/// Any thread.</summary>
internal sealed class FreeSpace
{
    private const long MostReserveBytes = 256L * 1024 * 1024;
    private const int LeastReserveParts = 100;

    private readonly Func<long> _free;

    /// <summary>Looks at the file system of the store's folder, which exists.</summary>
    public FreeSpace(SegmentStoreOptions options)
    {
        _free = options.FreeBytes ?? (() => DriveOf(options.Folder).AvailableFreeSpace);
        ReserveBytes = options.ReserveBytes ?? Ask(
            () => Math.Min(MostReserveBytes, DriveOf(options.Folder).TotalSize / LeastReserveParts),
            MostReserveBytes);
    }

    /// <summary>Bytes that stay free.</summary>
    public long ReserveBytes { get; }

    /// <summary>Bytes that blocks may still take; negative when the reserve itself is in use.</summary>
    public long Left() => Ask(_free, long.MaxValue) - ReserveBytes;

    /// <summary>Bytes that are free where the folder is, or as many as there can be if the system does not
    /// say.</summary>
    public static long Of(string folder) => Ask(() => DriveOf(folder).AvailableFreeSpace, long.MaxValue);

    private static DriveInfo DriveOf(string folder) => new(
        OperatingSystem.IsWindows() ? Path.GetPathRoot(Path.GetFullPath(folder))! : Path.GetFullPath(folder));

    // A system that does not say is no reason to refuse: the write itself will tell.
    private static long Ask(Func<long> question, long otherwise)
    {
        try
        {
            return question();
        }
        catch (Exception exception) when (DiskFault.Is(exception) || exception is ArgumentException)
        {
            return otherwise;
        }
    }
}
