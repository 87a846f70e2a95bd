namespace Veil.Content.Eris;

/// <summary>0x80 and zeros to the end of the block (spec/block.md, sections 2 and 4).</summary>
internal static class ErisPadding
{
    private const byte Mark = 0x80;

    /// <summary>Pads a block of which the first <paramref name="contentBytes"/> bytes are content.</summary>
    public static void Write(Span<byte> block, int contentBytes)
    {
        block[contentBytes] = Mark;
        block[(contentBytes + 1)..].Clear();
    }

    /// <summary>Length of the content in the last block; false where the padding is broken or absent.</summary>
    public static bool TryFind(ReadOnlySpan<byte> block, out int contentBytes)
    {
        contentBytes = block.LastIndexOfAnyExcept((byte)0);
        return contentBytes >= 0 && block[contentBytes] == Mark;
    }
}
