using Microsoft.AspNetCore.Http;
using Veil.Content.Names;
using Veil.Node.Names;

namespace Veil.Node.Control;

/// <summary>What control requests about names fail with (spec/name.md, section 6).</summary>
internal static class NameErrors
{
    internal static ControlException Bad(NameAddressError error) => new(StatusCodes.Status400BadRequest, new(
        "bad_name", error.Message, "paste the name again, the whole of it"));

    internal static ControlException NotFollowed() => new(StatusCodes.Status404NotFound, new(
        "not_found", "this node does not follow that name", "veil follows lists those that it follows"));

    /// <summary>What is told of a failure; null where it has nothing to do with names.</summary>
    internal static ControlException? Of(Exception failure) => failure switch
    {
        NameUnavailableException unavailable => Of(unavailable),
        NamePublishException publish => Of(publish),
        _ => null,
    };

    private static ControlException Of(NameUnavailableException failure) => failure.Fault switch
    {
        NameFault.NotFound => new(StatusCodes.Status404NotFound, new(
            "not_found", failure.Message, "check it; a name whose owner was away too long stands for nothing")),
        NameFault.Unreachable => new(StatusCodes.Status503ServiceUnavailable, new(
            "name_unreachable", failure.Message, "try again later; veil status says whether this node is well")),
        NameFault.RolledBack => new(StatusCodes.Status502BadGateway, new(
            "name_rolled_back", failure.Message,
            "stores hold the newest version back, or have lost it; try again later, or ask its owner")),
        _ => new(StatusCodes.Status502BadGateway, new(
            "name_forked", failure.Message,
            "its owner signed twice by mistake, or somebody else has the key; veil resolve shows the proof")),
    };

    private static ControlException Of(NamePublishException failure) => failure.Fault switch
    {
        NamePublishFault.BadRecords => new(StatusCodes.Status400BadRequest, new(
            "bad_request", failure.Message, "set the clocks of both, and use a veil of the node's version")),
        NamePublishFault.Outdated => new(StatusCodes.Status409Conflict, new(
            "name_outdated", failure.Message, "publish again: it takes the next number")),
        _ => new(StatusCodes.Status503ServiceUnavailable, new(
            "name_not_placed", failure.Message, "publish again later; veil status says whether this node is well")),
    };
}
