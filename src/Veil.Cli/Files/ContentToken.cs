using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Veil.Cli.Files;

/// <summary>
/// Names what is shared in the state that it is in, so that a publication that broke off goes on: it changes with each
/// path, file, length and time of the last change. The node learns no path from it.
/// </summary>
internal sealed class ContentToken : IDisposable
{
    /// <summary>Stands for a file whose metadata is left out: no path contains it.</summary>
    internal const string Cleaned = "\0cleaned";

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Adds a file as it was found.</summary>
    internal void Add(string path, FileFacts facts)
    {
        Span<byte> numbers = stackalloc byte[36];
        BinaryPrimitives.WriteInt64BigEndian(numbers, facts.Length);
        BinaryPrimitives.WriteInt64BigEndian(numbers[8..], facts.ChangedAt.Seconds);
        BinaryPrimitives.WriteUInt32BigEndian(numbers[16..], facts.ChangedAt.Nanoseconds);
        BinaryPrimitives.WriteUInt64BigEndian(numbers[20..], facts.Identity.Device);
        BinaryPrimitives.WriteUInt64BigEndian(numbers[28..], facts.Identity.Number);
        _hash.AppendData(numbers);
        _hash.AppendData([.. Encoding.UTF8.GetBytes(path), 0]);
    }

    /// <summary>The token of the same content, shared in another way.</summary>
    internal static string Of(string token, string way) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{token} {way}")));

    /// <summary>64 lower-case hexadecimal digits. Once, at the end.</summary>
    internal string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}
