using System.Buffers;
using System.Diagnostics;
using System.Globalization;

namespace Veil.Wire.Denying;

/// <summary>What is wrong with the text of a denylist.</summary>
/// <param name="Line">Which line, from 1.</param>
/// <param name="Message">What a person can do about it; repeats nothing of the line.</param>
public readonly record struct DenylistFault(int Line, string Message);

/// <summary>
/// The text form of a denylist (spec/store.md, section 8): an entry of 64 hexadecimal digits a line, <c>#</c> begins a
/// comment, empty lines count for nothing.
/// </summary>
public static class DenylistText
{
    /// <summary>Bytes of the longest line, its end not counted.</summary>
    public const int MaxLineBytes = 1024;

    private const int EntryDigits = 2 * Bytes32.Size;

    /// <summary>Reads a whole text in bounded memory; false at the first line that is wrong.</summary>
    /// <param name="text">Read to its end, or to the first fault; not disposed.</param>
    /// <param name="entries">As they come, repetitions included; empty where false.</param>
    /// <param name="fault">What is wrong, where false.</param>
    /// <exception cref="IOException">The text cannot be read.</exception>
    public static bool TryRead(Stream text, out List<Bytes32> entries, out DenylistFault fault)
    {
        ArgumentNullException.ThrowIfNull(text);
        entries = [];
        fault = default;
        byte[] buffer = new byte[64 * MaxLineBytes];
        int filled = 0;
        int lineNumber = 0;
        bool isEnd = false;
        while (!isEnd)
        {
            int count = text.Read(buffer, filled, buffer.Length - filled);
            isEnd = count == 0;
            filled += count;
            int start = 0;
            while (TryTakeLine(buffer.AsSpan(start, filled - start), isEnd, out int length))
            {
                lineNumber++;
                if (FaultOf(buffer.AsSpan(start, length), entries) is { } message)
                {
                    entries.Clear();
                    fault = new DenylistFault(lineNumber, $"line {lineNumber}: {message}");
                    return false;
                }

                start = Math.Min(start + length + 1, filled);
            }

            Debug.Assert(start <= filled);
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }

        return true;
    }

    // A line that is longer than any may be is taken as it is, and found wrong.
    private static bool TryTakeLine(ReadOnlySpan<byte> rest, bool isEnd, out int length)
    {
        length = rest.IndexOf((byte)'\n');
        if (length < 0 && (isEnd ? !rest.IsEmpty : rest.Length > MaxLineBytes))
        {
            length = rest.Length;
        }

        return length >= 0;
    }

    private static string? FaultOf(ReadOnlySpan<byte> line, List<Bytes32> entries)
    {
        if (line.Length > MaxLineBytes)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"longer than {MaxLineBytes} bytes, so this is not a denylist");
        }

        int comment = line.IndexOf((byte)'#');
        ReadOnlySpan<byte> word = Trim(comment < 0 ? line : line[..comment]);
        if (word.IsEmpty)
        {
            return null;
        }

        if (word.Length != EntryDigits)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{word.Length} characters where an entry has {EntryDigits}: mend the line, or begin it with #");
        }

        if (entries.Count == Denylist.MaxEntries)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"one entry more than the {Denylist.MaxEntries} that a list may have");
        }

        Span<byte> entry = stackalloc byte[Bytes32.Size];
        if (Convert.FromHexString(word, entry, out _, out int written) != OperationStatus.Done)
        {
            return "a character that is no hexadecimal digit: mend the line, or begin it with #";
        }

        Debug.Assert(written == Bytes32.Size);
        entries.Add(new Bytes32(entry));
        return null;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line) => line.Trim(" \t\r"u8);
}
