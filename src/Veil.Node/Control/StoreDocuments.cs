using Veil.Node.Status;

namespace Veil.Node.Control;

/// <summary>What <c>POST /v1/store/scrub</c> answers, and <c>veil store scrub</c> prints.</summary>
/// <param name="Scrub">The scrub.</param>
public sealed record StoreScrubAnswer(ScrubDocument Scrub);

/// <summary>What <c>POST /v1/store/drain</c> is asked.</summary>
/// <param name="Cancel">Whether to end the drain instead of beginning it.</param>
public sealed record StoreDrainRequest(bool Cancel);

/// <summary>What it answers, and <c>veil store drain</c> prints.</summary>
/// <param name="Drain">The drain; null when it was cancelled.</param>
public sealed record StoreDrainAnswer(DrainDocument? Drain);
