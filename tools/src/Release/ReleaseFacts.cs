namespace Veil.Tools.Release;

/// <summary>What names a release and everything in it.</summary>
/// <param name="Version">For example 0.1.0.</param>
/// <param name="Commit">40 hexadecimal digits.</param>
/// <param name="Time">The commit's time, the only one that gets into the artefacts.</param>
/// <param name="Rids">Runtime identifiers, in order.</param>
internal sealed record ReleaseFacts(string Version, string Commit, DateTimeOffset Time, IReadOnlyList<string> Rids);
