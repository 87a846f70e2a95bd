namespace Veil.Content.Pictures;

/// <summary>A GIF without its metadata (spec/pictures.md, section 2): the blocks of GIF89a, appendix B.</summary>
internal sealed class GifWalk(PictureBytes bytes, PlanBuilder plan)
{
    private const string CutOff = "it is cut off";
    private const int HeadBytes = 13;
    private const int DescriptorBytes = 10;
    private const int ControlBytes = 8;
    private const int NameBytes = 11;

    private bool _hasLoop;

    /// <summary>Plans it; why it cannot be done, or null.</summary>
    public string? Run()
    {
        var offset = HeadBytes + TableBytes(HeadBytes - 3);
        if (!bytes.Has(0, offset)) return CutOff;
        plan.Keep(0, offset);
        var hasImage = false;
        while (!plan.IsFull)
        {
            var end = 0L;
            switch (bytes.At(offset))
            {
                case ',':
                    hasImage = true;
                    end = EndOfBlocks(offset + DescriptorBytes + TableBytes(offset + DescriptorBytes - 1) + 1);
                    plan.Keep(offset, Math.Max(0, end - offset));
                    break;
                case '!':
                    if (bytes.At(offset + 1) == 0x01) return "it has text that is to be drawn";
                    end = TakeExtension(offset);
                    break;
                case ';':
                    plan.Keep(offset, 1);
                    return hasImage ? null : "it ends before its picture";
                case -1:
                    return CutOff;
                default:
                    return "it has a part that is not known";
            }

            if (end < 0) return CutOff;
            offset = end;
        }

        return "it has too many parts";
    }

    // Where it ends, or -1.
    private long TakeExtension(long offset)
    {
        var end = EndOfBlocks(offset + 2);
        var label = bytes.At(offset + 1);
        if (label == 0xF9 && end == offset + ControlBytes)
        {
            plan.Keep(offset, ControlBytes);
        }
        else if (label == 0xFF && end > 0 && !_hasLoop && bytes.At(offset + 2) == NameBytes
            && (bytes.IsAt(offset + 3, "NETSCAPE2.0"u8) || bytes.IsAt(offset + 3, "ANIMEXTS1.0"u8)))
        {
            // How often the animation runs: a block of three bytes, the first being 1.
            var block = offset + 3 + NameBytes;
            var loops = new byte[2];
            if (bytes.At(block) >= 3 && bytes.At(block + 1) == 1 && bytes.TryCopy(block + 2, loops))
            {
                _hasLoop = true;
                plan.Write([(byte)'!', 0xFF, NameBytes, .. "NETSCAPE2.0"u8, 3, 1, .. loops, 0]);
            }
        }

        return end;
    }

    // Where a sequence of blocks ends, each with its length first, the last being empty; or -1.
    private long EndOfBlocks(long offset)
    {
        while (true)
        {
            var length = bytes.At(offset);
            if (length < 0) return -1;
            offset += 1 + length;
            if (length == 0) return offset;
        }
    }

    // Of the colours that the flags at a place announce.
    private long TableBytes(long flagsAt) =>
        bytes.At(flagsAt) is >= 0x80 and var flags ? 3L << ((flags & 7) + 1) : 0;
}
