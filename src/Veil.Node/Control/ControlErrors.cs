using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Veil.Content.Edge;
using Veil.Content.Keeping;
using Veil.Content.Keys;
using Veil.Content.Publishing;
using Veil.Storage;
using Veil.Storage.State;

namespace Veil.Node.Control;

/// <summary>All that a control request can fail with (spec/control.md, section 3).</summary>
internal static class ControlErrors
{
    internal static ControlException NoSuchEndpoint() => new(StatusCodes.Status404NotFound, new(
        "no_such_endpoint", "the control API has no such endpoint", "use a veil of the node's version"));

    internal static ControlException Busy(string message) => new(StatusCodes.Status503ServiceUnavailable, new(
        "busy", message, "try again when some are done"));

    internal static ControlException BadRequest() => new(StatusCodes.Status400BadRequest, new(
        "bad_request", "the request is not what this endpoint reads", "use a veil of the node's version"));

    internal static ControlException TooLarge(int limit) => new(StatusCodes.Status413PayloadTooLarge, new(
        "too_large", $"the request is over {limit} bytes", "send what was asked for and nothing else"));

    internal static ControlException BadKey(ContentKeyError error) => new(StatusCodes.Status400BadRequest, new(
        "bad_key", error.Message, "paste the key again, the whole of it"));

    internal static ControlException BadKey(string error) => new(StatusCodes.Status400BadRequest, new(
        "bad_key", error, "paste the key again, the whole of it"));

    internal static ControlException BadStatement(string code, string message) => new(
        StatusCodes.Status400BadRequest, new(code, message, "say it in another way, or leave it out"));

    internal static ControlException BadRange() => new(StatusCodes.Status400BadRequest, new(
        "bad_range", "this is no range of bytes", "give FIRST-LAST, FIRST- or -COUNT, as 0-499, 500- or -500"));

    internal static ControlException NoSuchRange(long length) => new(StatusCodes.Status416RangeNotSatisfiable, new(
        "no_such_range", $"the file has {length} bytes, and none of them is in this range",
        "bytes are counted from 0"));

    internal static ControlException NoSuchPath() => new(StatusCodes.Status404NotFound, new(
        "no_such_path", "what the key names has no such file or folder in it", "veil ls KEY lists what it has"));

    internal static ControlException IsFolder() => new(StatusCodes.Status409Conflict, new(
        "is_folder", "this is a folder", "name one file of it with --path; veil ls KEY lists them"));

    internal static ControlException Stopping() => new(StatusCodes.Status503ServiceUnavailable, new(
        "stopping", "the node is stopping", "start it again"));

    /// <summary>What is told of a failure.</summary>
    internal static ControlException Of(Exception failure) => failure switch
    {
        ControlException told => told,
        _ when NameErrors.Of(failure) is { } name => name,
        ContentUnavailableException unavailable => Of(unavailable),
        PublishException publish => Of(publish),
        KeepingException keeping => new(StatusCodes.Status409Conflict, new(
            "cannot_be_kept", keeping.Message, "a node that veil run has started keeps what has a key")),
        BadHttpRequestException => BadRequest(),
        StateFullException full => new(StatusCodes.Status507InsufficientStorage, new(
            "state_full", full.Message, "forget publications with veil rm")),
        StorageException or IOException => new(StatusCodes.Status500InternalServerError, new(
            "node_disk", "the node could not read or write its data folder", "its log and veil doctor say more")),
        _ => new(StatusCodes.Status500InternalServerError, new(
            "internal", "the node could not do this", "its log says more")),
    };

    private static ControlException Of(ContentUnavailableException failure) => failure.Fault switch
    {
        ContentFault.NotFound => new(StatusCodes.Status404NotFound, new(
            "not_found",
            "no store knows this key",
            "check the key; what was shared long ago may have ended")),
        ContentFault.TooFewShares => new(StatusCodes.Status503ServiceUnavailable, new(
            "too_few_shares",
            "too few stores that may have it can be reached",
            "try again later; veil status says whether this node is well")),
        ContentFault.VerificationFailed => new(StatusCodes.Status502BadGateway, new(
            "verification_failed",
            "what was found is not what the key names",
            "the key is wrong or comes from another version; ask for it again")),
        ContentFault.SignatureWrong => new(StatusCodes.Status502BadGateway, new(
            "signature_wrong",
            "it is what the key names, but the signature in it does not hold: who is named there did not sign this",
            "do not take it for that publisher's; ask for the key again where you trust that it comes from there")),
        _ => new(StatusCodes.Status403Forbidden, new(
            JsonNamingPolicy.SnakeCaseLower.ConvertName(failure.Fault.ToString()),
            failure.Message,
            "the owner of this node decides what it opens")),
    };

    private static ControlException Of(PublishException failure) => failure.Fault switch
    {
        PublishFault.NoStores => new(StatusCodes.Status503ServiceUnavailable, new(
            "no_stores", failure.Message, "wait until the node is ready: veil status")),
        PublishFault.TooLarge => new(StatusCodes.Status413PayloadTooLarge, new(
            "file_too_large", failure.Message, "share it in parts")),
        PublishFault.SourceChanged => new(StatusCodes.Status409Conflict, new(
            "file_changed", failure.Message, "add it again when nothing writes to it")),
        PublishFault.NotSigned => new(StatusCodes.Status409Conflict, new(
            "not_signed", failure.Message, "nothing was published; use a veil of the node's version")),
        PublishFault.StoresFull => new(StatusCodes.Status503ServiceUnavailable, new(
            "stores_full", failure.Message,
            "nothing is lost: add it again when stores have room, or pay more (Stamps:MaxPrice); a node with the role "
            + "store gives the network more")),
        _ => new(StatusCodes.Status503ServiceUnavailable, new(
            "too_few_acknowledged", failure.Message, "try again later; veil status says whether this node is well")),
    };
}
