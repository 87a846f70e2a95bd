using Veil.Cli.Files;
using Veil.Content.Stripes;

namespace Veil.Cli.Commands;

/// <summary>What is said before the first byte goes: what cannot be taken back afterwards.</summary>
internal static class ShareNotice
{
    private const int Named = 3;

    /// <summary>Says it.</summary>
    /// <param name="invocation">The command.</param>
    /// <param name="request">How it is shared.</param>
    /// <param name="places">Paths of all files.</param>
    /// <param name="cleaned">How many of them are pictures whose metadata is left out.</param>
    internal static void Say(
        Invocation invocation,
        ShareRequest request,
        IReadOnlyList<string> places,
        int cleaned)
    {
        if (request.Clean)
        {
            int plain = places.Count(place => FileFacts.Of(place).Kind == FileKind.Regular) - cleaned;
            string others = plain == 0 ? "" : $"; {Count(plain, "other file")} {Are(plain)} shared unchanged";
            invocation.Voice.Say($"the metadata of {Count(cleaned, "picture")} is left out{others}");
        }
        else
        {
            SayPlaces(invocation, [.. places.Where(PictureInput.TellsPlace)]);
        }

        if (request.Level != ParityLevel.Full)
        {
            invocation.Voice.Say(
                $"it is stored with {ParityLevelText.Format(request.Level)} redundancy: fewer of its shares may be "
                + "lost than usual; at the end it says how many stores that is here");
        }

        if (request.Statements.Previous is not null)
        {
            invocation.Voice.Say(
                "it links to the version before: whoever gets the new key can read the old version, too");
        }

        if (request.Signer is { } signer)
        {
            invocation.Voice.Say(
                $"it is signed by {signer.Address.Format()}: whoever has the content key learns this name, with it all "
                + "that is published under it, now and later, and that all content signed with it is by one signer");
        }
    }

    private static void SayPlaces(Invocation invocation, string[] told)
    {
        if (told.Length > 0)
        {
            string more = told.Length > Named ? $" and {told.Length - Named:N0} more" : "";
            string where = told.Length == 1 ? "says where it was taken" : "say where they were taken";
            invocation.Voice.Warn(
                $"{Count(told.Length, "picture")} {where}: "
                + $"{string.Join(", ", told.Take(Named).Select(Path.GetFileName))}{more}; interrupt now and say "
                + "--strip-metadata to leave that out");
        }
    }

    private static string Count(int count, string noun) => $"{count:N0} {noun}{(count == 1 ? "" : "s")}";

    private static string Are(int count) => count == 1 ? "is" : "are";
}
