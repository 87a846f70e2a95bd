using Veil.Wire;

namespace Veil.Directory.Clocks;

/// <summary>What one answer tells of the clocks at its two ends (spec/directory.md, section 10).</summary>
/// <param name="Responder">Who answered; the handshakes prove it.</param>
/// <param name="Theirs">Its time.</param>
/// <param name="Ours">This machine's time at the middle of the round trip.</param>
/// <param name="RoundTrip">From the question to the answer's first bytes.</param>
/// <param name="Uptime">Since some fixed moment by a clock that nobody sets; of the same moment as
/// <paramref name="Ours"/>.</param>
public sealed record ClockSample(
    RelayId Responder,
    DateTimeOffset Theirs,
    DateTimeOffset Ours,
    TimeSpan RoundTrip,
    TimeSpan Uptime);
