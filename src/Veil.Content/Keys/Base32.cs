namespace Veil.Content.Keys;

/// <summary>
/// Which letters a base32 text is written in. A text has one spelling, so each use fixes one of them.
/// </summary>
public enum Base32Case
{
    /// <summary><c>a</c> to <c>z</c>: content keys, host names.</summary>
    Lower,

    /// <summary><c>A</c> to <c>Z</c>: <c>urn:eris:</c>.</summary>
    Upper,
}

/// <summary>Base32 without padding (RFC 4648, section 6), strict: one text per value.</summary>
public static class Base32
{
    private const int BitsPerCharacter = 5;

    /// <summary>Characters that <paramref name="byteCount"/> bytes take.</summary>
    public static int TextLength(int byteCount) => ((byteCount * 8) + BitsPerCharacter - 1) / BitsPerCharacter;

    /// <summary>Writes bytes as text of <see cref="TextLength"/> characters.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes, Base32Case letters)
    {
        var text = new char[TextLength(bytes.Length)];
        uint pending = 0;
        int bits = 0, written = 0;
        foreach (var value in bytes)
        {
            pending = ((pending & 0xFF) << 8) | value;
            bits += 8;
            while (bits >= BitsPerCharacter)
            {
                bits -= BitsPerCharacter;
                text[written++] = Character((pending >> bits) & 31, letters);
            }
        }

        if (bits > 0) text[written] = Character((pending << (BitsPerCharacter - bits)) & 31, letters);
        return new string(text);
    }

    /// <summary>
    /// Reads exactly as many bytes as <paramref name="destination"/> holds. False, with the destination's content
    /// undefined, where the text has another length, a foreign character or spare bits that are not zero.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Base32Case letters, Span<byte> destination)
    {
        if (text.Length != TextLength(destination.Length)) return false;
        uint pending = 0;
        int bits = 0, written = 0;
        foreach (var character in text)
        {
            if (!TryValue(character, letters, out var value)) return false;
            pending = ((pending & 0xFF) << BitsPerCharacter) | value;
            bits += BitsPerCharacter;
            if (bits < 8) continue;
            bits -= 8;
            destination[written++] = (byte)((pending >> bits) & 0xFF);
        }

        return (pending & ((1u << bits) - 1)) == 0;
    }

    /// <summary>Index of the first character outside the alphabet, or -1.</summary>
    public static int IndexOfForeign(ReadOnlySpan<char> text, Base32Case letters)
    {
        for (var index = 0; index < text.Length; index++)
        {
            if (!TryValue(text[index], letters, out _)) return index;
        }

        return -1;
    }

    private static char Character(uint value, Base32Case letters) =>
        (char)(value < 26 ? FirstLetter(letters) + value : '2' + (value - 26));

    private static bool TryValue(char character, Base32Case letters, out uint value)
    {
        var first = FirstLetter(letters);
        if (character >= first && character < first + 26)
        {
            value = (uint)(character - first);
            return true;
        }

        value = character is >= '2' and <= '7' ? (uint)(character - '2') + 26 : 0;
        return character is >= '2' and <= '7';
    }

    private static char FirstLetter(Base32Case letters) => letters == Base32Case.Lower ? 'a' : 'A';
}
