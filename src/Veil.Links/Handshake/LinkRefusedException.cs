using Veil.Wire;

namespace Veil.Links.Handshake;

/// <summary>A link could not be made.</summary>
public sealed class LinkRefusedException(CloseReason reason) : Exception($"no link: {reason}")
{
    /// <summary>Why; also the metric tag.</summary>
    public CloseReason Reason { get; } = reason;
}
