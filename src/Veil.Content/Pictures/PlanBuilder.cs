namespace Veil.Content.Pictures;

/// <summary>Collects the pieces of a plan; ranges that follow each other become one.</summary>
internal sealed class PlanBuilder
{
    /// <summary>Most pieces of a plan: bounds memory.</summary>
    public const int MaxPieces = 65_536;

    private readonly List<PicturePiece> _pieces = [];
    private long _length;

    /// <summary>More pieces than a plan may have: nothing more is taken.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Bytes so far.</summary>
    public long Length => _length;

    /// <summary>A range of the file stays.</summary>
    public void Keep(long offset, long length)
    {
        if (length == 0) return;
        if (_pieces is [.., { Written: null } last] && last.Offset + last.Length == offset)
        {
            _pieces[^1] = last with { Length = last.Length + length };
            _length += length;
            return;
        }

        Add(new PicturePiece(offset, length, null));
    }

    /// <summary>Bytes are written anew. The array may be changed until the plan is made.</summary>
    public void Write(byte[] bytes) => Add(new PicturePiece(0, bytes.Length, bytes));

    /// <summary>What was collected.</summary>
    public PicturePlan Build() => new(_pieces, _length);

    private void Add(PicturePiece piece)
    {
        IsFull |= _pieces.Count == MaxPieces;
        if (IsFull) return;
        _pieces.Add(piece);
        _length += piece.Length;
    }
}
