using System.Globalization;
using Geralt;
using Veil.Wire.Names;

namespace Veil.Storage.Records;

/// <summary>
/// The records of one day in a file of their own (spec/store.md, section 9): slots that are only ever added, each a
/// record and a checksum, so that a day ends with its file. One thread.
/// </summary>
internal sealed class DayFile(string folder, NameDay day)
{
    /// <summary>Record and checksum.</summary>
    internal const int SlotBytes = NameRecordLayout.Bytes + ChecksumBytes;

    private const int ChecksumBytes = 16;
    private const string Suffix = ".names";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path =
        Path.Combine(folder, day.Value.ToString("x8", CultureInfo.InvariantCulture) + Suffix);

    /// <summary>Slots that are durable; what lies behind them is overwritten.</summary>
    internal int Slots { get; private set; }

    /// <summary>The days that have a file in the folder.</summary>
    internal static IEnumerable<NameDay> In(string folder) =>
        from path in Directory.EnumerateFiles(folder, $"*{Suffix}")
        let digits = Path.GetFileNameWithoutExtension(path)
        where digits.Length == 8
        let number = uint.TryParse(digits, NumberStyles.AllowHexSpecifier, null, out var day) ? day : (uint?)null
        where number is not null
        select new NameDay(number.Value);

    /// <summary>Reads what is intact, in the order in which it was added; a torn end is overwritten later.</summary>
    internal IReadOnlyList<NameRecord> Read()
    {
        DurableFile.RemoveLeftover(_path);
        if (!File.Exists(_path))
        {
            return [];
        }

        var bytes = File.ReadAllBytes(_path);
        var records = new List<NameRecord>(bytes.Length / SlotBytes);
        Slots = 0;
        for (var slot = 0; (slot + 1) * SlotBytes <= bytes.Length; slot++)
        {
            if (TryReadSlot(bytes.AsSpan(slot * SlotBytes, SlotBytes)) is { } record && record.Day == day)
            {
                records.Add(record);
                Slots = slot + 1;
            }
        }

        return records;
    }

    /// <summary>Adds records and flushes once.</summary>
    /// <exception cref="IOException">The disk failed; nothing was added.</exception>
    internal void Append(IReadOnlyList<NameRecord> records)
    {
        var isNew = !File.Exists(_path);
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var file = new FileStream(_path, options))
        {
            file.Position = (long)Slots * SlotBytes;
            file.Write(Pack(records));
            file.Flush(flushToDisk: true);
        }

        if (isNew)
        {
            Segments.FolderSync.Flush(folder);
        }

        Slots += records.Count;
    }

    /// <summary>Writes the file anew with these records only.</summary>
    /// <exception cref="IOException">The disk failed; the old file stands.</exception>
    internal void Replace(IReadOnlyList<NameRecord> records)
    {
        DurableFile.Replace(_path, Pack(records));
        Slots = records.Count;
    }

    /// <summary>Removes the file.</summary>
    internal void Delete()
    {
        File.Delete(_path);
        Slots = 0;
    }

    private static byte[] Pack(IReadOnlyList<NameRecord> records)
    {
        var bytes = new byte[records.Count * SlotBytes];
        for (var index = 0; index < records.Count; index++)
        {
            var slot = bytes.AsSpan(index * SlotBytes, SlotBytes);
            records[index].Bytes.Span.CopyTo(slot);
            BLAKE2b.ComputeHash(slot[NameRecordLayout.Bytes..], slot[..NameRecordLayout.Bytes]);
        }

        return bytes;
    }

    private static NameRecord? TryReadSlot(ReadOnlySpan<byte> slot)
    {
        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        BLAKE2b.ComputeHash(checksum, slot[..NameRecordLayout.Bytes]);
        return checksum.SequenceEqual(slot[NameRecordLayout.Bytes..])
            ? NameRecord.Restore(slot[..NameRecordLayout.Bytes])
            : null;
    }
}
