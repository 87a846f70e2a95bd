using System.Security.Cryptography;
using Veil.Content.Names;
using Veil.Node.Configuration;
using Veil.Noise.Seams;
using Veil.Storage;

namespace Veil.Node.Names;

/// <summary>
/// The secret keys of a user's names, one file each (spec/name.md, section 8). Used by the program that signs; a
/// running node has no part in it. Every method throws <see cref="NameKeyException"/>.
/// </summary>
public sealed class NameKeyFolder(DataPaths paths, SecretSource secrets)
{
    private const string Suffix = ".key";
    private const int MaxName = 64;
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>What trying a passphrase of a new file costs.</summary>
    public PassphraseCost Cost { get; init; } = PassphraseCost.Usual;

    /// <summary>Makes a key.</summary>
    /// <param name="name">What it is called on this machine.</param>
    /// <param name="passphrase">UTF-8; null for none.</param>
    public NameAddress Create(string name, byte[]? passphrase)
    {
        RequireFree(name);
        using var key = NameKey.Generate(secrets);
        byte[] text = NameKeyText.Write(key, passphrase, Cost, secrets);
        Write(name, text);
        return key.Address;
    }

    /// <summary>The keys that are here, by name; those whose files cannot be used without an address.</summary>
    public IReadOnlyList<NameKeyEntry> List()
    {
        if (!System.IO.Directory.Exists(paths.NameKeys))
        {
            return [];
        }

        var entries = new List<NameKeyEntry>();
        foreach (string path in System.IO.Directory.EnumerateFiles(paths.NameKeys, "*" + Suffix).Order())
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (IsName(name))
            {
                entries.Add(Describe(name));
            }
        }

        return entries;
    }

    /// <summary>Whether a passphrase is needed for a key.</summary>
    public bool NeedsPassphrase(string name) => Read(PathOf(name), name).IsSealed;

    /// <summary>Opens a key; the caller disposes it.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="passphrase">UTF-8; not looked at where none is needed.</param>
    public NameKey Open(string name, ReadOnlySpan<byte> passphrase) =>
        Read(PathOf(name), name).Open(passphrase) ?? throw new NameKeyException(
            "wrong_passphrase",
            $"the passphrase does not open the key \"{name}\"",
            "type it again; there is no other way to open it");

    /// <summary>Copies a key's file out, as it is: with its passphrase, if it has one.</summary>
    public NameAddress Export(string name, string file)
    {
        string path = PathOf(name);
        var text = Read(path, name);
        bool isMade = false;
        Guard(file, () =>
        {
            byte[] bytes = File.ReadAllBytes(path);
            isMade = TryCreate(Path.GetFullPath(file), bytes);
            CryptographicOperations.ZeroMemory(bytes);
        });
        return isMade
            ? text.Address
            : throw new NameKeyException("file_exists", $"{file} is there already", "name another file");
    }

    /// <summary>Takes a file that was exported, under a name.</summary>
    public NameAddress Import(string name, string file)
    {
        RequireFree(name);
        var text = Read(file, null);
        if (List().FirstOrDefault(entry => entry.Address == text.Address) is { } known)
        {
            throw new NameKeyException(
                "key_exists", $"the key is here already, as \"{known.Name}\"", "veil key ls lists them");
        }

        byte[] bytes = [];
        Guard(file, () => bytes = File.ReadAllBytes(file));
        Write(name, bytes);
        return text.Address;
    }

    /// <summary>Removes a key for ever, unless it was exported.</summary>
    public NameAddress Remove(string name)
    {
        string path = PathOf(name);
        var text = Read(path, name);
        Guard(path, () =>
        {
            // A process that was killed as it made the key may have left it under another name, too.
            DurableFile.RemoveUncreated(path);
            File.Delete(path);
        });
        return text.Address;
    }

    private static bool IsName(string name) =>
        name.Length is >= 1 and <= MaxName
        && (char.IsAsciiLetterLower(name[0]) || char.IsAsciiDigit(name[0]))
        && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '_');

    private NameKeyEntry Describe(string name)
    {
        try
        {
            var text = Read(PathOf(name), name);
            return new NameKeyEntry(name, text.Address, text.IsSealed, null);
        }
        catch (NameKeyException fault)
        {
            return new NameKeyEntry(name, null, false, fault.Message);
        }
    }

    private string PathOf(string name) => IsName(name)
        ? Path.Combine(paths.NameKeys, name + Suffix)
        : throw new NameKeyException(
            "bad_value",
            "a key's name has 1 to 64 of a-z, 0-9, - and _, and begins with a letter or digit",
            "call it something like blog or my-films");

    private void RequireFree(string name)
    {
        if (File.Exists(PathOf(name)))
        {
            throw Exists(name);
        }
    }

    private static NameKeyException Exists(string name) => new(
        "key_exists", $"there is a key \"{name}\" already", "choose another name, or remove it: veil key rm");

    private static NameKeyText Read(string path, string? name)
    {
        if (!File.Exists(path))
        {
            throw name is null
                ? new NameKeyException("no_file", $"there is no file {path}", "check its path")
                : new NameKeyException("not_found", $"there is no key \"{name}\"", "veil key ls lists them");
        }

        byte[] bytes = [];
        Guard(path, () =>
        {
            RequirePrivate(path);
            using var file = File.OpenRead(path);
            bytes = new byte[(int)Math.Min(file.Length, NameKeyText.MaxBytes + 1)];
            file.ReadExactly(bytes);
        });
        bool isKey = NameKeyText.TryRead(bytes, out var text);
        CryptographicOperations.ZeroMemory(bytes);
        return isKey
            ? text!
            : throw new NameKeyException(
                "key_damaged", $"{path} holds no key of a name", "put back a copy that you exported");
    }

    private static void RequirePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if ((File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
        {
            throw new NameKeyException(
                "keys_exposed",
                $"{path} can be read or written by others",
                $"if nobody has seen it: chmod 600 {path}; otherwise make a new key, and tell your readers its name");
        }

        if (FolderOwner.IsForeign(path, out uint owner, out _))
        {
            throw new NameKeyException(
                "keys_exposed", $"{path} belongs to user {owner}", "use a key file of your own");
        }
    }

    private void Write(string name, byte[] text)
    {
        string path = PathOf(name);
        try
        {
            Guard(path, () =>
            {
                PrivateFolder.Take(paths.Folder);
                PrivateFolder.Take(paths.NameKeys);
                if (!TryCreate(path, text))
                {
                    // Another process was faster.
                    throw Exists(name);
                }
            });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private bool TryCreate(string path, byte[] text)
    {
        Span<byte> random = stackalloc byte[8];
        secrets.Fill(random);
        return DurableFile.TryCreate(path, text, random);
    }

    private static void Guard(string path, Action work)
    {
        try
        {
            work();
        }
        catch (NodeStartException fault)
        {
            throw new NameKeyException(fault.Code, fault.Message, fault.Hint, fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NameKeyException(
                "io", $"{path} cannot be used: {fault.Message}", "check the path, your rights, and the disk", fault);
        }
    }
}

/// <summary>A key that is here.</summary>
/// <param name="Name">On this machine.</param>
/// <param name="Address">The name that others know; null where the file cannot be used.</param>
/// <param name="HasPassphrase">Whether one is needed to publish.</param>
/// <param name="Problem">Why the file cannot be used, or null.</param>
public sealed record NameKeyEntry(string Name, NameAddress? Address, bool HasPassphrase, string? Problem);
