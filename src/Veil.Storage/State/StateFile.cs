using LiteDB;
using Microsoft.Win32.SafeHandles;
using Veil.Storage.Segments;

namespace Veil.Storage.State;

/// <summary>
/// Opens <c>state.db</c> only if all of it can be read, and otherwise leaves it as it is (spec/state.md, section 1).
/// </summary>
internal sealed class StateFile : IDisposable
{
    public const string Guards = "guards";
    public const string Vanguards = "vanguards";
    public const string Publications = "publications";
    public const string Settings = "settings";
    public const string Keeps = "keeps";
    public const string SilentStores = "silent_stores";
    private const string Meta = "meta";
    private const string FormatId = "format";
    private const int FormatVersion = 1;

    // LiteDB's header page, as its documentation of the file format gives it: the text that every file of it has.
    private const int HeaderPageBytes = 8192;
    private const int HeaderTextOffset = 32;

    private readonly string _path;
    private readonly SafeFileHandle _lock;

    private StateFile(string path, LiteDatabase database, SafeFileHandle handle)
    {
        _path = path;
        Database = database;
        _lock = handle;
    }

    /// <summary>The open database; belongs to one thread.</summary>
    public LiteDatabase Database { get; }

    private static ReadOnlySpan<byte> HeaderText => "** This is a LiteDB file **"u8;

    /// <summary>Opens the file, or makes a new one, for its owner's eyes only.</summary>
    /// <exception cref="StorageException">It is in use, foreign, damaged or newer, or opening it takes room that is
    /// not there; it was not changed.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static StateFile Open(string path)
    {
        // LiteDB itself lets two processes write to one file, except on Windows.
        var handle = ExclusiveFile.Lock(path + ".lock", path);
        try
        {
            RequireRoom(path);
            PrepareOwnerOnly(path);
            return new StateFile(path, OpenDatabase(path), handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Closes the database, then lets others have it.</summary>
    public void Dispose()
    {
        try
        {
            Database.Dispose();
            RemoveEmptyLog();
        }
        finally
        {
            _lock.Dispose();
        }
    }

    /// <summary>LiteDB leaves it after a run that changed nothing; one with content is not ours to remove.</summary>
    private void RemoveEmptyLog()
    {
        var log = new FileInfo(LogPathOf(_path));
        if (log is { Exists: true, Length: 0 })
        {
            log.Delete();
        }
    }

    private static string LogPathOf(string path)
    {
        var full = Path.GetFullPath(path);
        var name = Path.GetFileNameWithoutExtension(full) + "-log" + Path.GetExtension(full);
        return Path.Combine(Path.GetDirectoryName(full)!, name);
    }

    /// <summary>
    /// Making a file, and emptying the log of a process that was killed, writes; LiteDB may wait for ever when it
    /// cannot.
    /// </summary>
    private static void RequireRoom(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var writes = new FileInfo(path) is not { Exists: true, Length: > 0 }
            || new FileInfo(LogPathOf(path)) is { Exists: true, Length: > 0 };
        if (writes && FreeSpace.Of(folder) < LiteDbNodeState.ReserveBytes)
        {
            throw DiskFault.ForState(folder, LiteDbNodeState.ReserveBytes);
        }
    }

    private static LiteDatabase OpenDatabase(string path)
    {
        try
        {
            RequireHeader(path);
            if (new FileInfo(path).Length > 0)
            {
                // Reading needs no write: what turns out to be damaged stays exactly as it was found.
                using var reading = new LiteDatabase(ConnectionTo(path, readOnly: true));
                RequireReadable(reading, path);
            }

            var database = new LiteDatabase(ConnectionTo(path, readOnly: false));
            try
            {
                WriteFormatOnce(database);
                EmptyLogOf(database, path);
                return database;
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception
            is not (StorageException or IOException or UnauthorizedAccessException))
        {
            throw Unreadable(path, exception);
        }
    }

    /// <summary>Only into a new file: one that has it is opened without a write.</summary>
    private static void WriteFormatOnce(LiteDatabase database)
    {
        if (database.GetCollection(Meta).FindById(FormatId) is null)
        {
            WriteFormat(database);
        }
    }

    private static void WriteFormat(LiteDatabase database)
    {
        database.GetCollection(Meta).Upsert(new BsonDocument
        {
            [StateDocuments.Id] = FormatId,
            [StateDocuments.Value] = FormatVersion,
        });
        database.Checkpoint();
    }

    /// <summary>
    /// What a process that was killed left. A checkpoint alone does not remove changes that were never committed, so
    /// one that is committed comes first.
    /// </summary>
    private static void EmptyLogOf(LiteDatabase database, string path)
    {
        if (new FileInfo(LogPathOf(path)) is { Exists: true, Length: > 0 })
        {
            WriteFormat(database);
        }
    }

    private static ConnectionString ConnectionTo(string path, bool readOnly) => new()
    {
        Filename = path,
        Connection = ConnectionType.Direct,
        ReadOnly = readOnly,
        AutoRebuild = false,
        // Else ids that differ in case only would be one.
        Collation = Collation.Binary,
    };

    /// <summary>
    /// The log beside the file holds the same secrets, so it gets its permissions before LiteDB makes it.
    /// </summary>
    private static void PrepareOwnerOnly(string path)
    {
        foreach (var file in new[] { path, LogPathOf(path) })
        {
            if (File.Exists(file))
            {
                continue;
            }

            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            new FileStream(file, options).Dispose();
        }
    }

    private static void RequireHeader(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length == 0)
        {
            return;
        }

        Span<byte> header = stackalloc byte[HeaderTextOffset + HeaderText.Length];
        var count = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (file.Length < HeaderPageBytes || count < header.Length || !header.EndsWith(HeaderText))
        {
            throw Unreadable(path, null);
        }
    }

    private static void RequireReadable(LiteDatabase database, string path)
    {
        var format = database.GetCollection(Meta).FindById(FormatId);
        var hasEntries = database.GetCollectionNames().Any(name =>
            name is Guards or Vanguards or Publications or Settings or Keeps or SilentStores);
        if (format is null && hasEntries)
        {
            throw Unreadable(path, null);
        }

        if (format is not null && format[StateDocuments.Value].AsInt32 > FormatVersion)
        {
            throw new StorageException(
                StorageFault.NewerVersion,
                $"{path} was written by a newer Veil: use that one, or another data folder");
        }

        foreach (var document in database.GetCollection(Guards).FindAll())
        {
            _ = (StateDocuments.Guard(document), StateDocuments.OrderOf(document));
        }

        foreach (var document in database.GetCollection(Vanguards).FindAll())
        {
            _ = (StateDocuments.Vanguard(document), StateDocuments.OrderOf(document));
        }

        foreach (var document in database.GetCollection(Publications).FindAll())
        {
            _ = StateDocuments.Publication(document);
        }

        foreach (var document in database.GetCollection(Settings).FindAll())
        {
            _ = document[StateDocuments.Value].AsString;
        }

        foreach (var document in database.GetCollection(Keeps).FindAll())
        {
            _ = KeepDocuments.Keep(document);
        }

        foreach (var document in database.GetCollection(SilentStores).FindAll())
        {
            _ = KeepDocuments.SilentStore(document);
        }
    }

    private static StorageException Unreadable(string path, Exception? inner) => new(
        StorageFault.Unreadable,
        $"{path} is damaged or not Veil's, and was left as it is: move it away to start with a fresh one, "
        + "or put a backup in its place",
        inner);
}
