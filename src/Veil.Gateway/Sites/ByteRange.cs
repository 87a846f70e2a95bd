using Microsoft.Net.Http.Headers;

namespace Veil.Gateway.Sites;

/// <summary>What part of a file a <c>Range</c> header asks for (RFC 9110; spec/gateway.md, section 5).</summary>
internal readonly record struct ByteRange(ByteRangeKind Kind, long Offset, long Count)
{
    /// <summary>Resolves the header against a file.</summary>
    /// <param name="header">The header's value, or null without one.</param>
    /// <param name="length">The file's length in bytes.</param>
    internal static ByteRange Resolve(string? header, long length)
    {
        var whole = new ByteRange(ByteRangeKind.Whole, 0, length);
        if (!RangeHeaderValue.TryParse(header, out var parsed)
            || !parsed.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase)
            || parsed.Ranges.Count != 1)
        {
            return whole;
        }

        var range = parsed.Ranges.First();
        if (range.From is not { } from)
        {
            return Suffix(range.To ?? 0, length, whole);
        }

        if (from >= length)
        {
            return new ByteRange(ByteRangeKind.Unsatisfiable, 0, 0);
        }

        // Clamped before anything is added to it: the header's numbers go up to the largest there is.
        var last = Math.Min(range.To ?? long.MaxValue, length - 1);
        return new ByteRange(ByteRangeKind.Part, from, last - from + 1);
    }

    private static ByteRange Suffix(long count, long length, ByteRange whole)
    {
        if (count == 0)
        {
            return new ByteRange(ByteRangeKind.Unsatisfiable, 0, 0);
        }

        count = Math.Min(count, length);
        return length == 0 ? whole : new ByteRange(ByteRangeKind.Part, length - count, count);
    }
}

/// <summary>How a <c>Range</c> header is answered.</summary>
internal enum ByteRangeKind
{
    /// <summary>With all of it: 200.</summary>
    Whole,

    /// <summary>With one part: 206.</summary>
    Part,

    /// <summary>Not at all: 416.</summary>
    Unsatisfiable,
}
