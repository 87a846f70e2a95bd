using Microsoft.Win32.SafeHandles;
using Veil.Content.Pictures;

namespace Veil.Cli.Files;

/// <summary>Reads a picture without its metadata, piece by piece from the file (spec/pictures.md, section 1).</summary>
internal sealed class PlanReading(SafeFileHandle handle, PicturePlan plan)
{
    private int _piece;
    private long _within;

    /// <summary>Whether all of it was read.</summary>
    internal bool IsAtEnd => _piece == plan.Pieces.Count;

    /// <summary>Reads on; 0 at the end, and where the file ends before its time.</summary>
    internal async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (IsAtEnd || destination.IsEmpty)
        {
            return 0;
        }

        var piece = plan.Pieces[_piece];
        int wanted = (int)Math.Min(destination.Length, piece.Length - _within);
        int count = wanted;
        if (piece.Written is { } written)
        {
            written.AsMemory((int)_within, wanted).CopyTo(destination);
        }
        else
        {
            count = await RandomAccess.ReadAsync(
                handle, destination[..wanted], piece.Offset + _within, cancellationToken);
        }

        _within += count;
        if (_within == piece.Length)
        {
            _piece++;
            _within = 0;
        }

        return count;
    }
}
