using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>What a manifest states, for a person: as what the publisher says, and never as more than that.</summary>
internal static class StatementLines
{
    /// <summary>Says it on standard error, apart from results.</summary>
    /// <param name="invocation">The command.</param>
    /// <param name="listing">What the key names.</param>
    internal static void Say(Invocation invocation, ContentListing listing)
    {
        if (listing.Licence is { } licence)
        {
            invocation.Voice.Say($"licence, as the publisher says: {licence}");
        }

        if (listing.RightsHolder is { } holder)
        {
            invocation.Voice.Say($"rights holder, as the publisher says: {holder}");
        }

        if (listing.SignedBy is { } signer)
        {
            invocation.Voice.Say($"signed by {signer}; who has that key, this does not say");
        }

        if (listing.Previous is not null)
        {
            invocation.Voice.Say("it links to a version before it: veil ls KEY --keys prints its key");
        }
    }
}
