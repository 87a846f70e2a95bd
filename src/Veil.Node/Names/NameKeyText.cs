using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Geralt;
using Veil.Content.Names;
using Veil.Noise.Seams;

namespace Veil.Node.Names;

/// <summary>
/// The text of a key file (spec/name.md, section 8): which name it is of can be read without its passphrase.
/// </summary>
internal sealed class NameKeyText
{
    /// <summary>The longest text.</summary>
    internal const int MaxBytes = 1024;

    /// <summary>The first line.</summary>
    internal const string Header = "veil-name 1";
    private const int SaltBytes = 16;
    private const int NonceBytes = 24;
    private const int TagBytes = 16;
    private const int SealedBytes = NonceBytes + NameKey.SeedBytes + TagBytes;

    private NameKeyText(NameAddress address) => Address = address;

    /// <summary>The name.</summary>
    internal NameAddress Address { get; }

    /// <summary>Whether a passphrase is needed.</summary>
    internal bool IsSealed => Cost is not null;

    private byte[] Seed { get; init; } = [];

    private PassphraseCost? Cost { get; init; }

    private byte[] Salt { get; init; } = [];

    /// <summary>The text of a key, for the caller to wipe.</summary>
    /// <param name="key">The key.</param>
    /// <param name="passphrase">UTF-8, not empty; null for none.</param>
    /// <param name="cost">What trying a passphrase costs.</param>
    /// <param name="secrets">Salt and nonce.</param>
    internal static byte[] Write(NameKey key, byte[]? passphrase, PassphraseCost cost, SecretSource secrets)
    {
        var head = Head(key.Address);
        Span<byte> seed = stackalloc byte[NameKey.SeedBytes];
        key.CopySeed(seed);
        try
        {
            if (passphrase is null)
            {
                return Encoding.ASCII.GetBytes($"{head}seed {Convert.ToHexStringLower(seed)}\n");
            }

            var salt = new byte[SaltBytes];
            var box = new byte[SealedBytes];
            secrets.Fill(salt);
            secrets.Fill(box.AsSpan(0, NonceBytes));
            Span<byte> derived = stackalloc byte[32];
            Derive(passphrase, salt, cost, derived);
            XChaCha20Poly1305.Encrypt(
                box.AsSpan(NonceBytes), seed, box.AsSpan(0, NonceBytes), derived, Encoding.ASCII.GetBytes(head));
            CryptographicOperations.ZeroMemory(derived);
            return Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"{head}argon2id {cost.KiB} {cost.Passes} {Convert.ToHexStringLower(salt)}\n"
                + $"sealed {Convert.ToHexStringLower(box)}\n"));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Reads a text; false for any other.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out NameKeyText? text)
    {
        text = null;
        if (bytes.Length > MaxBytes || !Ascii.IsValid(bytes))
        {
            return false;
        }

        string[] lines = Encoding.ASCII.GetString(bytes).Split('\n');
        if (lines.Length < 4 || lines[0] != Header || lines[^1].Length > 0
            || !lines[1].StartsWith("address ", StringComparison.Ordinal)
            || !NameAddress.TryParse(lines[1].AsSpan("address ".Length), out var address, out _)
            || lines[1] != $"address {address.Format()}")
        {
            return false;
        }

        text = lines.Length switch
        {
            4 when TryHex(lines[2], "seed", NameKey.SeedBytes) is { } seed => new(address) { Seed = seed },
            5 when TryCost(lines[2], out var salt) is { } cost
                && TryHex(lines[3], "sealed", SealedBytes) is { } box => new(address)
                {
                    Seed = box,
                    Cost = cost,
                    Salt = salt,
                },
            _ => null,
        };
        return text is not null;
    }

    /// <summary>The key; null for a passphrase that is wrong, or a text whose key is not of its name.</summary>
    /// <param name="passphrase">UTF-8; not looked at where none is needed.</param>
    internal NameKey? Open(ReadOnlySpan<byte> passphrase)
    {
        Span<byte> seed = stackalloc byte[NameKey.SeedBytes];
        Span<byte> derived = stackalloc byte[32];
        try
        {
            if (Cost is { } cost)
            {
                Derive(passphrase, Salt, cost, derived);
                XChaCha20Poly1305.Decrypt(
                    seed,
                    Seed.AsSpan(NonceBytes),
                    Seed.AsSpan(0, NonceBytes),
                    derived,
                    Encoding.ASCII.GetBytes(Head(Address)));
            }
            else
            {
                Seed.CopyTo(seed);
            }

            var key = NameKey.FromSeed(seed);
            if (key.Address == Address)
            {
                return key;
            }

            key.Dispose();
            return null;
        }
        catch (CryptographicException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    private static string Head(NameAddress address) => $"{Header}\naddress {address.Format()}\n";

    private static void Derive(ReadOnlySpan<byte> passphrase, byte[] salt, PassphraseCost cost, Span<byte> key) =>
        Argon2id.DeriveKey(key, passphrase, salt, cost.Passes, checked(cost.KiB * 1024));

    private static byte[]? TryHex(string line, string word, int bytes)
    {
        var value = new byte[bytes];
        return line.Length == word.Length + 1 + (2 * bytes)
            && line.StartsWith(word + " ", StringComparison.Ordinal)
            && Convert.FromHexString(line.AsSpan(word.Length + 1), value, out _, out _)
                == System.Buffers.OperationStatus.Done
            ? value
            : null;
    }

    private static PassphraseCost? TryCost(string line, out byte[] salt)
    {
        salt = [];
        string[] parts = line.Split(' ');
        if (parts.Length != 4 || parts[0] != "argon2id"
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int kib)
            || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int passes)
            || TryHex($"salt {parts[3]}", "salt", SaltBytes) is not { } read)
        {
            return null;
        }

        salt = read;
        var cost = new PassphraseCost(kib, passes);
        return cost.IsTaken ? cost : null;
    }
}

/// <summary>What trying one passphrase costs whoever has the file (Argon2id).</summary>
/// <param name="KiB">Memory.</param>
/// <param name="Passes">Over the memory.</param>
public readonly record struct PassphraseCost(int KiB, int Passes)
{
    /// <summary>Of new files: about a second.</summary>
    public static PassphraseCost Usual { get; } = new(262_144, 3);

    /// <summary>The least that is taken; for tests.</summary>
    public static PassphraseCost Least { get; } = new(8_192, 1);

    /// <summary>Whether files with it are opened: neither a joke nor a way to use up a machine.</summary>
    public bool IsTaken => KiB is >= 8_192 and <= 1_048_576 && Passes is >= 1 and <= 16;
}
