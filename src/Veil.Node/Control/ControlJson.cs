using System.Text.Json.Serialization;
using Veil.Node.Status;

namespace Veil.Node.Control;

/// <summary>JSON of the control API: names in snake_case, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(ContentRequest))]
[JsonSerializable(typeof(ContentListing))]
[JsonSerializable(typeof(OpenAnswer))]
[JsonSerializable(typeof(AddResult))]
[JsonSerializable(typeof(AddStatements))]
[JsonSerializable(typeof(PublicationList))]
[JsonSerializable(typeof(ForgetRequest))]
[JsonSerializable(typeof(ForgetAnswer))]
[JsonSerializable(typeof(SettingList))]
[JsonSerializable(typeof(SettingRequest))]
[JsonSerializable(typeof(SettingAnswer))]
[JsonSerializable(typeof(DenyAnswer))]
[JsonSerializable(typeof(KeepRequest))]
[JsonSerializable(typeof(KeepAnswer))]
[JsonSerializable(typeof(KeepList))]
[JsonSerializable(typeof(CheckAnswer))]
[JsonSerializable(typeof(UnkeepRequest))]
[JsonSerializable(typeof(UnkeepAnswer))]
[JsonSerializable(typeof(RepairKeyAnswer))]
[JsonSerializable(typeof(StoreScrubAnswer))]
[JsonSerializable(typeof(StoreDrainRequest))]
[JsonSerializable(typeof(StoreDrainAnswer))]
public sealed partial class ControlJson : JsonSerializerContext;
