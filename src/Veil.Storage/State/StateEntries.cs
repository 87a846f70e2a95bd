using Veil.Wire;

namespace Veil.Storage.State;

/// <summary>A guard that this node keeps to (spec/directory.md, section 6). Times are kept to the
/// millisecond.</summary>
/// <param name="Relay">Its identity.</param>
/// <param name="ChosenAt">When it was chosen.</param>
/// <param name="ExpiresAt">When its life ends.</param>
public sealed record GuardEntry(RelayId Relay, DateTimeOffset ChosenAt, DateTimeOffset ExpiresAt)
{
    /// <summary>Since when no consensus lists it as a guard, or null while one does.</summary>
    public DateTimeOffset? UnlistedSince { get; init; }

    /// <summary>Since when each try failed, or null after a success.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Tries that failed in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Not to be tried before, or null.</summary>
    public DateTimeOffset? RestsUntil { get; init; }
}

/// <summary>A second hop that this node keeps to (spec/directory.md, section 6).</summary>
/// <param name="Relay">Its identity.</param>
/// <param name="ExpiresAt">When it is replaced; kept to the millisecond.</param>
public sealed record VanguardEntry(RelayId Relay, DateTimeOffset ExpiresAt);

/// <summary>Something that this node has published.</summary>
/// <param name="LocalId">Names it on this machine only. Not empty.</param>
/// <param name="Name">File or folder name.</param>
/// <param name="Bytes">Length of the content.</param>
/// <param name="KeyText">The content key: whoever has it can read. Stored here and nowhere else.</param>
/// <param name="PublishedAt">When; kept to the millisecond.</param>
public sealed record PublicationEntry(
    string LocalId,
    string Name,
    long Bytes,
    string KeyText,
    DateTimeOffset PublishedAt)
{
    /// <summary>The local id and nothing else, so that no log shows a key or a name.</summary>
    public override string ToString() => LocalId;
}

/// <summary>The bounds of what is remembered (spec/state.md, section 3).</summary>
public static class StateLimits
{
    /// <summary>A node samples at most six.</summary>
    public const int MaxGuards = 16;

    /// <summary>A node has four.</summary>
    public const int MaxVanguards = 16;

    /// <summary>All of them are listed at once.</summary>
    public const int MaxPublications = 10_000;

    /// <summary>All of them are listed at once, and each has a round a day.</summary>
    public const int MaxKeeps = 1_000;

    /// <summary>As many as a consensus may list relays.</summary>
    public const int MaxSilentStores = 10_000;

    /// <summary>Settings are named by the program, not by users.</summary>
    public const int MaxSettings = 1_000;

    /// <summary>Of one name, key or value: far below what one document may have.</summary>
    public const int MaxTextCharacters = 64 * 1024;

    /// <summary>Of a local id or a setting's key: LiteDB's own limit of an id is 1,023 bytes.</summary>
    public const int MaxIdCharacters = 255;

    /// <summary>Refuses an id that is empty or too long.</summary>
    /// <exception cref="ArgumentException">It is.</exception>
    public static void RequireId(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (id.Length > MaxIdCharacters)
        {
            throw new ArgumentException($"an id of {id.Length} characters: at most {MaxIdCharacters}", nameof(id));
        }
    }

    /// <summary>Refuses what is too long.</summary>
    /// <exception cref="StateFullException">It is.</exception>
    public static void RequireText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxTextCharacters)
        {
            throw new StateFullException($"a text of {text.Length} characters: at most {MaxTextCharacters} are kept");
        }
    }

    /// <summary>Refuses a list that is too long, or has a relay twice.</summary>
    /// <exception cref="StateFullException">It is too long.</exception>
    /// <exception cref="ArgumentException">One is there twice.</exception>
    public static void RequireList(string what, IReadOnlyCollection<RelayId> relays, int limit)
    {
        ArgumentNullException.ThrowIfNull(relays);
        if (relays.Count > limit)
        {
            throw new StateFullException($"{relays.Count} {what}: at most {limit} are kept");
        }

        if (relays.Distinct().Count() != relays.Count)
        {
            throw new ArgumentException($"one of the {what} is there twice", nameof(relays));
        }
    }

    /// <summary>Refuses one entry more than <paramref name="limit"/>.</summary>
    /// <exception cref="StateFullException">There are that many.</exception>
    public static void RequireRoom(string what, int count, int limit)
    {
        if (count >= limit)
        {
            throw new StateFullException($"{count} {what} are kept and no more: remove one first");
        }
    }
}

/// <summary>A bound of <see cref="StateLimits"/> is reached; nothing was changed.</summary>
public sealed class StateFullException(string message) : Exception(message);
