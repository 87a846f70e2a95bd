namespace Veil.Tools.Release;

/// <summary>A release cannot be made; the message says what is wrong and what to do.</summary>
internal sealed class ReleaseException(string message) : Exception(message);
