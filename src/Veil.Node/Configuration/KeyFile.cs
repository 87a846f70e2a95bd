using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Veil.Noise;
using Veil.Noise.Seams;
using Veil.Storage;

namespace Veil.Node.Configuration;

/// <summary>The file of a node's long-lived keys (spec/operating.md, section 3).</summary>
public static class KeyFile
{
    /// <summary>The first line.</summary>
    internal const string Header = "veil-keys 1";

    private const int KeyBytes = 32;

    /// <summary>The longest text.</summary>
    internal const int MaxBytes = 1024;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads the file, or makes it with new keys.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="authority">An authority's file is never made here, and has no onion key.</param>
    /// <param name="secrets">Where new keys come from.</param>
    /// <param name="slab">Where the X25519 keys lie.</param>
    /// <exception cref="NodeStartException">It cannot be used; it is left as it is.</exception>
    public static NodeKeys LoadOrCreate(string path, bool authority, SecretSource secrets, KeySlab slab)
    {
        if (File.Exists(path))
        {
            return Load(path, authority, slab);
        }

        if (authority)
        {
            throw new NodeStartException(
                "no_keys",
                $"there are no keys in {path}, and an authority's keys are made together with its network",
                "use the folder that `veil network new` made for this authority: veil run --data DIR/NAME");
        }

        return Create(path, authority, secrets, slab);
    }

    /// <summary>Makes the file with new keys.</summary>
    /// <exception cref="NodeStartException">It cannot be written.</exception>
    public static NodeKeys Create(string path, bool authority, SecretSource secrets, KeySlab slab)
    {
        byte[] text = New(authority, secrets);
        try
        {
            Write(path, text);
            return Read(text, authority, slab);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>Writes the text that <see cref="New"/> made.</summary>
    /// <exception cref="NodeStartException">It cannot be written.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> text)
    {
        try
        {
            DurableFile.Replace(path, text);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(
                "keys_unwritable", $"the keys cannot be written: {fault.Message}",
                "the data folder must be yours, on a disk with room that is not read-only", fault);
        }
    }

    /// <summary>The keys in the text that <see cref="New"/> made.</summary>
    internal static NodeKeys Read(ReadOnlySpan<byte> text, bool authority, KeySlab slab) =>
        Parse(text, authority, slab) ?? throw new InvalidOperationException("new keys cannot be read back");

    private static NodeKeys Load(string path, bool authority, KeySlab slab)
    {
        byte[] text = [];
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
            {
                throw new NodeStartException(
                    "keys_exposed",
                    $"{path} can be read or written by others",
                    $"if nobody has seen it: chmod 600 {path}; otherwise remove it, and the node gets a new identity");
            }

            using var file = File.OpenRead(path);
            text = new byte[(int)Math.Min(file.Length, MaxBytes)];
            file.ReadExactly(text);
            return Parse(text, authority, slab) ?? throw new NodeStartException(
                "keys_damaged",
                $"{path} holds no keys of {(authority ? "an authority" : "a relay or store")}",
                "put back a copy that you kept; without one, remove it, and the node gets a new identity");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(
                "keys_unreadable", $"{path} cannot be read: {fault.Message}", "it must be yours, with mode 600", fault);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    /// <summary>The text of a file with new keys; for the caller to wipe.</summary>
    internal static byte[] New(bool authority, SecretSource secrets)
    {
        string[] names = authority ? ["identity", "link"] : ["identity", "link", "onion"];
        var text = new byte[Header.Length + 1 + names.Sum(name => name.Length + 2 + (2 * KeyBytes))];
        int position = Append(text, 0, Header + "\n");
        Span<byte> key = stackalloc byte[KeyBytes];
        foreach (string name in names)
        {
            secrets.Fill(key);
            position = Append(text, position, name + " ");
            foreach (byte value in key)
            {
                value.TryFormat(text.AsSpan(position), out int written, "x2", CultureInfo.InvariantCulture);
                position += written;
            }

            position = Append(text, position, "\n");
        }

        CryptographicOperations.ZeroMemory(key);
        return text;
    }

    private static int Append(byte[] text, int position, string part) =>
        position + Encoding.ASCII.GetBytes(part, text.AsSpan(position));

    /// <summary>The keys, or null where the text is not exactly what <see cref="New"/> writes.</summary>
    private static NodeKeys? Parse(ReadOnlySpan<byte> text, bool authority, KeySlab slab)
    {
        Span<byte> keys = stackalloc byte[3 * KeyBytes];
        try
        {
            ReadOnlySpan<byte> rest = text;
            bool fits = TryTake(ref rest, Header, [])
                && TryTake(ref rest, "identity", keys[..KeyBytes])
                && TryTake(ref rest, "link", keys[KeyBytes..(2 * KeyBytes)])
                && (authority || TryTake(ref rest, "onion", keys[(2 * KeyBytes)..]))
                && rest.IsEmpty;
            return fits
                ? NodeKeys.Import(
                    keys[..KeyBytes],
                    keys[KeyBytes..(2 * KeyBytes)],
                    authority ? [] : keys[(2 * KeyBytes)..],
                    slab)
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    private static bool TryTake(scoped ref ReadOnlySpan<byte> rest, string name, scoped Span<byte> key)
    {
        int end = rest.IndexOf((byte)'\n');
        int expected = key.IsEmpty ? name.Length : name.Length + 1 + (2 * key.Length);
        if (end != expected || !rest.StartsWith(Encoding.ASCII.GetBytes(name)))
        {
            return false;
        }

        var digits = key.IsEmpty ? [] : rest[(name.Length + 1)..end];
        bool separated = key.IsEmpty || rest[name.Length] == ' ';
        rest = rest[(end + 1)..];
        return separated && Convert.FromHexString(digits, key, out _,
            out int written) == System.Buffers.OperationStatus.Done
            && written == key.Length;
    }
}
