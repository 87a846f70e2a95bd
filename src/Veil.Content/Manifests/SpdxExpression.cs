namespace Veil.Content.Manifests;

/// <summary>
/// SPDX licence expressions (spec/manifest.md, section 7.1). The grammar is checked; whether an id is on the SPDX list
/// is not.
/// </summary>
public static class SpdxExpression
{
    /// <summary>The longest, in characters of ASCII.</summary>
    public const int MaxLength = 256;

    /// <summary>How deep parentheses may be nested.</summary>
    public const int MaxDepth = 8;

    private const string LicenceReference = "LicenseRef-";
    private const string DocumentReference = "DocumentRef-";

    /// <summary>True for an expression.</summary>
    public static bool IsValid(string text) => FaultOf(text) is null;

    /// <summary>Why a text is no expression, for a person; null where it is one.</summary>
    public static string? FaultOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length is 0 or > MaxLength) return $"a licence expression has 1 to {MaxLength} characters";
        if (text[0] == ' ' || text[^1] == ' ') return "a licence expression neither begins nor ends with a space";
        return TrySplit(text, out var tokens)
            ? Parse(tokens)
            : "a licence expression has only letters, digits, spaces and .-+:()";
    }

    private static bool TrySplit(string text, out List<string> tokens)
    {
        tokens = [];
        for (var index = 0; index < text.Length;)
        {
            if (text[index] is ' ' or '(' or ')')
            {
                if (text[index] != ' ') tokens.Add(text[index..(index + 1)]);
                index++;
                continue;
            }

            var start = index;
            while (index < text.Length && IsPartOfWord(text[index])) index++;
            if (index == start) return false;
            tokens.Add(text[start..index]);
        }

        return true;
    }

    // A word or a closed parenthesis is followed by an operator or the end, and an operator by a word or parenthesis.
    private static string? Parse(List<string> tokens)
    {
        var depth = 0;
        var wantsTerm = true;
        for (var index = 0; index < tokens.Count; index++)
        {
            var token = tokens[index];
            switch (token)
            {
                case "(":
                    if (!wantsTerm) return "an operator is missing before a parenthesis";
                    if (++depth > MaxDepth) return $"parentheses are nested {MaxDepth} deep at most";
                    break;
                case ")":
                    if (wantsTerm || --depth < 0) return "a parenthesis is closed where none can be";
                    break;
                case "AND" or "OR":
                    if (wantsTerm) return $"{token} stands between two licences";
                    wantsTerm = true;
                    break;
                case "WITH":
                    if (wantsTerm || tokens[index - 1] == ")" || (index > 1 && tokens[index - 2] == "WITH"))
                        return "WITH stands between a licence and an exception";
                    if (++index == tokens.Count || !IsId(tokens[index]))
                        return "after WITH comes the id of an exception";
                    break;
                default:
                    if (!wantsTerm) return "two licences are joined by AND or OR; free text is no licence";
                    if (!IsLicence(token)) return $"\"{token}\" is no id of a licence";
                    wantsTerm = false;
                    break;
            }
        }

        return wantsTerm ? "a licence is missing" : depth > 0 ? "a parenthesis is not closed" : null;
    }

    private static bool IsLicence(string token)
    {
        if (token.StartsWith(DocumentReference, StringComparison.Ordinal))
        {
            var colon = token.IndexOf(':', StringComparison.Ordinal);
            return colon > 0
                && IsId(token[DocumentReference.Length..colon])
                && IsReference(token[(colon + 1)..]);
        }

        return token.StartsWith(LicenceReference, StringComparison.Ordinal)
            ? IsReference(token)
            : IsId(token.EndsWith('+') ? token[..^1] : token);
    }

    private static bool IsReference(string token) =>
        token.StartsWith(LicenceReference, StringComparison.Ordinal) && IsId(token[LicenceReference.Length..]);

    private static bool IsId(string text) =>
        text.Length > 0
        && !IsOperator(text)
        && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.');

    private static bool IsOperator(string text) =>
        text.Equals("AND", StringComparison.OrdinalIgnoreCase)
        || text.Equals("OR", StringComparison.OrdinalIgnoreCase)
        || text.Equals("WITH", StringComparison.OrdinalIgnoreCase);

    private static bool IsPartOfWord(char character) =>
        char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '+' or ':';
}
