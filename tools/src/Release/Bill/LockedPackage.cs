namespace Veil.Tools.Release.Bill;

/// <summary>One package of a lock file.</summary>
/// <param name="Id">As the lock file spells it.</param>
/// <param name="Version">The resolved version.</param>
/// <param name="ContentHash">SHA-512 of the package's content without its signature, base64, as NuGet records
/// it.</param>
/// <param name="Dependencies">Ids of the packages that it names itself.</param>
internal sealed record LockedPackage(string Id, string Version, string ContentHash, IReadOnlyList<string> Dependencies);
