using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Geralt;
using Veil.Content.Eris;
using Veil.Wire;
using Veil.Wire.Lanes;

namespace Veil.Content.Manifests;

/// <summary>
/// Computes an entity digest while content passes by (spec/manifest.md, section 4): of pieces, some at a time, and then
/// of their digests. One owner.
/// </summary>
public sealed class EntityDigest : IDisposable
{
    private const int PieceBytes = ErisLayout.BlockBytes;
    private const int GatheredBytes = ErisEncoder.LeavesAtOnce * PieceBytes;

    private static readonly Bytes32 _pieceKey = KeyOf("veil entity piece v1"u8);
    private static readonly Bytes32 _tagKey = KeyOf("veil entity tag v2"u8);

    private readonly IncrementalBLAKE2b _digests = new(Bytes32.Size, _tagKey.AsSpan());

    // What has come of the next pieces; lent with the first bytes that do not come as whole pieces, since most files of
    // a folder are small.
    private byte[]? _gathered;
    private int _count;
    private long _length;

    /// <summary>Of bytes that are all there.</summary>
    public static Bytes32 Of(ReadOnlySpan<byte> content)
    {
        using EntityDigest digest = new();
        digest.Append(content);
        return digest.Finish();
    }

    /// <summary>Adds content.</summary>
    public void Append(ReadOnlySpan<byte> content)
    {
        _length += content.Length;
        while (!content.IsEmpty)
        {
            if (_count == 0 && content.Length >= GatheredBytes)
            {
                TakePieces(content[..GatheredBytes]);
                content = content[GatheredBytes..];
                continue;
            }

            _gathered ??= ArrayPool<byte>.Shared.Rent(GatheredBytes);
            int part = Math.Min(GatheredBytes - _count, content.Length);
            content[..part].CopyTo(_gathered.AsSpan(_count));
            content = content[part..];
            _count += part;
            if (_count == GatheredBytes)
            {
                TakePieces(_gathered.AsSpan(0, GatheredBytes));
                _count = 0;
            }
        }
    }

    /// <summary>The digest; the object is used up.</summary>
    public Bytes32 Finish()
    {
        ReadOnlySpan<byte> rest = _gathered.AsSpan(0, _count);
        ReadOnlySpan<byte> whole = rest[..(_count - (_count % PieceBytes))];
        TakePieces(whole);
        if (whole.Length < rest.Length)
        {
            Bytes32 last = default;
            BLAKE2b.ComputeTag(last, rest[whole.Length..], _pieceKey.AsSpan());
            _digests.Update(last.AsSpan());
        }

        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(length, _length);
        _digests.Update(length);
        Bytes32 digest = default;
        _digests.Finalize(digest);
        return digest;
    }

    /// <summary>Wipes what it has gathered.</summary>
    public void Dispose()
    {
        _digests.Dispose();
        if (_gathered is { } gathered)
        {
            _gathered = null;
            CryptographicOperations.ZeroMemory(gathered);
            ArrayPool<byte>.Shared.Return(gathered);
        }
    }

    private void TakePieces(ReadOnlySpan<byte> pieces)
    {
        Span<Bytes32> digests = stackalloc Bytes32[ErisEncoder.LeavesAtOnce];
        digests = digests[..(pieces.Length / PieceBytes)];
        ManyHashes.Compute(_pieceKey.AsSpan(), pieces, PieceBytes, digests);
        foreach (ref readonly var digest in digests)
        {
            _digests.Update(digest.AsSpan());
        }
    }

    private static Bytes32 KeyOf(ReadOnlySpan<byte> purpose)
    {
        Bytes32 key = default;
        BLAKE2b.ComputeHash(key, purpose);
        return key;
    }
}
