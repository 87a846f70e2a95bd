using System.Text.Json.Serialization;

namespace Veil.Gateway.Sites.OpenPage;

/// <summary>Where the content now is.</summary>
internal sealed record OpenAnswer(string Url);

/// <summary>Why it is not (spec/gateway.md, section 4).</summary>
internal sealed record OpenFailure(OpenError Error);

/// <summary>What went wrong: for programs, for people, and what may help.</summary>
internal sealed record OpenError(string Code, string Message, string Hint);

/// <summary>The bodies of answers to <c>POST /open</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OpenAnswer))]
[JsonSerializable(typeof(OpenFailure))]
internal sealed partial class OpenJson : JsonSerializerContext;
