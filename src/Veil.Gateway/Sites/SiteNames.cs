using Microsoft.AspNetCore.Http;
using Veil.Content.Edge;
using Veil.Content.Keys;
using Veil.Content.Names;

namespace Veil.Gateway.Sites;

/// <summary>Hosts that are names (spec/gateway.md, section 7): what each stands for at present.</summary>
internal sealed class SiteNames(
    SiteLabels labels, Func<NameAddress, IsolationGroup, CancellationToken, Task<ContentKey>>? resolve)
{
    /// <summary>Whether a label is meant as a name: those of content are shorter.</summary>
    internal static bool IsMeant(string label) => label.Length == NameAddress.LabelLength;

    /// <summary>What the name stands for, and the label of that content in the group.</summary>
    /// <exception cref="NameUnavailableException">It cannot be found, or must not be believed.</exception>
    internal async Task<(ContentKey Key, string Label)> ResolveAsync(
        NameAddress address, IsolationGroup group, CancellationToken cancellationToken)
    {
        if (resolve is null)
        {
            throw new NameUnavailableException(NameFault.Unreachable, "names are not served here");
        }

        var key = await resolve(address, group, cancellationToken);
        return (key, labels.Add(key, group));
    }

    /// <summary>The status of a name that is not shown.</summary>
    internal static int StatusOf(NameFault fault) => fault switch
    {
        NameFault.NotFound => StatusCodes.Status404NotFound,
        NameFault.Unreachable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status502BadGateway,
    };

    /// <summary>A word for programs.</summary>
    internal static string CodeOf(NameFault fault) => fault switch
    {
        NameFault.NotFound => "not_found",
        NameFault.Unreachable => "name_unreachable",
        NameFault.RolledBack => "name_rolled_back",
        _ => "name_forked",
    };

    /// <summary>What may help.</summary>
    internal static string HintOf(NameFault fault) => fault switch
    {
        NameFault.NotFound => "It may have expired: its owner has to publish again.",
        NameFault.Unreachable => "Try again later.",
        NameFault.RolledBack => "Stores hold the newest version back, or have lost it. Try again later.",
        _ => "Its owner signed twice by mistake, or somebody else has the key. Ask its owner.",
    };
}
