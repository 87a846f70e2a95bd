using System.Text;

namespace Veil.Tools.Release.Archives;

/// <summary>The outermost layer of a Debian package: a "common ar" archive, see deb(5).</summary>
internal static class Ar
{
    private const int MaxName = 15;

    /// <summary>Packs members in the given order, owned by root, with mode 0644.</summary>
    /// <param name="members">Names of at most 15 ASCII characters, and their bytes.</param>
    /// <param name="time">The time of every member, whole seconds.</param>
    internal static byte[] Pack(IEnumerable<(string Name, byte[] Content)> members, DateTimeOffset time)
    {
        using var packed = new MemoryStream();
        packed.Write("!<arch>\n"u8);
        foreach (var (name, content) in members)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, MaxName, nameof(members));
            var header = $"{name,-16}{time.ToUnixTimeSeconds(),-12}{0,-6}{0,-6}{100644,-8}{content.Length,-10}`\n";
            packed.Write(Encoding.ASCII.GetBytes(header));
            packed.Write(content);
            if (content.Length % 2 != 0)
            {
                packed.WriteByte((byte)'\n');
            }
        }

        return packed.ToArray();
    }
}
