namespace Veil.Node.Configuration;

/// <summary>One mistake in the settings.</summary>
/// <param name="Setting">Which, as <c>Section:Key</c>.</param>
/// <param name="Message">What is wrong with its value, and what would be right.</param>
public sealed record SettingProblem(string Setting, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Setting}: {Message}";
}
