using System.Text.Json.Serialization;

namespace Veil.Node.Control;

/// <summary>A request about one name.</summary>
/// <param name="Name">56 characters and <c>.veil</c>, or a link to it.</param>
public sealed record NameRequest(string? Name);

/// <summary>What a name stands for.</summary>
/// <param name="Address">The name.</param>
/// <param name="Sequence">Which version.</param>
/// <param name="Key">The content key; null for a fork.</param>
/// <param name="LastDay">The last day for which this version was signed, as <c>2026-11-28</c>.</param>
/// <param name="Forked">Whether two contents are signed under this number.</param>
/// <param name="Proof">Both records of a fork, in base64; otherwise none.</param>
public sealed record ResolveAnswer(
    string Address, ulong Sequence, string? Key, string LastDay, bool Forked, IReadOnlyList<string> Proof);

/// <summary>The number that the next version of a name takes.</summary>
public sealed record NextAnswer(ulong Sequence);

/// <summary>A version that its owner has signed.</summary>
/// <param name="Name">The name.</param>
/// <param name="Records">One for each day, in base64.</param>
public sealed record NamePublishRequest(string? Name, IReadOnlyList<string>? Records);

/// <summary>What was handed out.</summary>
/// <param name="Sequence">Which version.</param>
/// <param name="Days">Days that it was signed for.</param>
/// <param name="DaysSafe">Of these, how many have enough stores.</param>
/// <param name="LastDay">The last of them.</param>
public sealed record NamePublishAnswer(ulong Sequence, int Days, int DaysSafe, string LastDay);

/// <summary>A name that this node keeps alive.</summary>
/// <param name="Address">The name.</param>
/// <param name="Sequence">The newest version that it has; 0 for none.</param>
/// <param name="LastDay">Until when records are signed; null for none.</param>
/// <param name="DaysKept">Days whose records are here.</param>
/// <param name="Own">Whether it was published here.</param>
public sealed record FollowDocument(string Address, ulong Sequence, string? LastDay, int DaysKept, bool Own);

/// <summary>The names that are followed.</summary>
public sealed record FollowList(IReadOnlyList<FollowDocument> Follows);

/// <summary>A name is no longer followed.</summary>
public sealed record UnfollowAnswer(string Address);

/// <summary>JSON of names in the control API.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(NameRequest))]
[JsonSerializable(typeof(ResolveAnswer))]
[JsonSerializable(typeof(NextAnswer))]
[JsonSerializable(typeof(NamePublishRequest))]
[JsonSerializable(typeof(NamePublishAnswer))]
[JsonSerializable(typeof(FollowDocument))]
[JsonSerializable(typeof(FollowList))]
[JsonSerializable(typeof(UnfollowAnswer))]
public sealed partial class NameJson : JsonSerializerContext;
