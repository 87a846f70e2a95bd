namespace Veil.Node.Names;

/// <summary>A key file cannot be used, made or found (spec/name.md, section 8).</summary>
public sealed class NameKeyException(string code, string message, string hint, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>A stable word for programs.</summary>
    public string Code => code;

    /// <summary>What to do.</summary>
    public string Hint => hint;
}
