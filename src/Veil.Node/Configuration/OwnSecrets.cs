using Veil.Node.Names;

namespace Veil.Node.Configuration;

/// <summary>Veil's own files that nobody else should have: known by where they lie, and by how they begin.</summary>
public static class OwnSecrets
{
    /// <summary>The longest key file.</summary>
    public const int MaxBytes =
        KeyFile.MaxBytes > NameKeyText.MaxBytes ? KeyFile.MaxBytes : NameKeyText.MaxBytes;

    private static readonly byte[][] _marks =
    [
        [.. System.Text.Encoding.ASCII.GetBytes(NameKeyText.Header + "\n")],
        [.. System.Text.Encoding.ASCII.GetBytes(KeyFile.Header + "\n")],
    ];

    /// <summary>Whether a node or an authority lives in a folder, this machine's or a copy.</summary>
    public static bool IsDataFolder(string folder) => File.Exists(new DataPaths(folder).Keys);

    /// <summary>Whether a file begins like keys, of a name or of a node, whatever it is called.</summary>
    /// <param name="path">A regular file: anything else would be waited for.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static bool IsKeyFile(string path)
    {
        using var file = File.OpenHandle(path);
        Span<byte> beginning = stackalloc byte[16];
        int count = RandomAccess.Read(file, beginning, 0);
        var read = beginning[..count];
        foreach (byte[] mark in _marks)
        {
            if (read.StartsWith(mark))
            {
                return true;
            }
        }

        return false;
    }
}
