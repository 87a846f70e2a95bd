using System.Text.Json;
using Veil.Content.Names;
using Veil.Links.Tasks;
using Veil.Storage.State;
using Veil.Wire;
using Veil.Wire.Names;

namespace Veil.Node.Names;

/// <summary>
/// What a node remembers of names between runs (spec/state.md, section 5): the highest version seen of each, and the
/// names that it keeps alive. Changes come one after the other; durable when their task completes.
/// </summary>
internal sealed class NameBook(IDocumentSlot? slot)
{
    /// <summary>The longest document: 128 names with 33 records each, and 10,000 that were seen.</summary>
    internal const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>Names of each kind.</summary>
    internal const int MaxNames = 64;

    private readonly Turnstile _turn = new(1);
    private volatile KeptName[] _kept = [];

    /// <summary>What was seen.</summary>
    internal NameHistory History { get; } = new();

    /// <summary>The names that are kept alive, in the order in which they came.</summary>
    internal IReadOnlyList<KeptName> Kept => _kept;

    /// <summary>The entry of a name, or null.</summary>
    internal KeptName? Find(NameAddress address) => _kept.FirstOrDefault(kept => kept.Address == address);

    /// <summary>Takes up what an earlier run left; records are verified anew.</summary>
    /// <returns>False where it is damaged: it counts for nothing and is replaced with the next change.</returns>
    internal async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var bytes = slot is null ? default : await slot.ReadAsync(cancellationToken);
            if (bytes.IsEmpty)
            {
                return true;
            }

            var document = JsonSerializer.Deserialize(bytes.Span, NameBookJson.Default.NameBookDocument)
                ?? throw new JsonException();
            History.Restore(document.Seen.Select(seen => new SeenName(
                Hash(seen.Id), seen.Sequence, Hash(seen.Target))));
            _kept = [.. document.Names.Select(Read).OfType<KeptName>()];
            return true;
        }
        catch (Exception fault) when (fault is IOException or JsonException or FormatException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Changes the entry of a name, or removes it where the change gives null.</summary>
    /// <exception cref="StateFullException">There are as many as are kept.</exception>
    /// <exception cref="IOException">It could not be written down; it holds until the node stops.</exception>
    internal async Task ChangeAsync(
        NameAddress address, Func<KeptName, KeptName?> change, CancellationToken cancellationToken)
    {
        await _turn.EnterAsync(cancellationToken);
        try
        {
            var before = Find(address);
            var after = change(before ?? new KeptName(address, false, false, []));
            KeptName[] names = before is null
                ? [.. _kept, .. after is null ? [] : new[] { after }]
                : [.. _kept.Select(kept => kept == before ? after : kept).OfType<KeptName>()];
            if (names.Length > _kept.Length
                && (names.Count(kept => kept.IsFollowed) > MaxNames || names.Count(kept => kept.IsOwn) > MaxNames))
            {
                throw new StateFullException($"{MaxNames} names are kept alive here: unfollow some, or remove keys");
            }

            _kept = names;
            await WriteAsync(cancellationToken);
        }
        finally
        {
            _turn.Leave();
        }
    }

    /// <summary>Writes down what was seen.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    internal async Task SaveAsync(CancellationToken cancellationToken)
    {
        await _turn.EnterAsync(cancellationToken);
        try
        {
            await WriteAsync(cancellationToken);
        }
        finally
        {
            _turn.Leave();
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (slot is null)
        {
            return;
        }

        var document = new NameBookDocument(
            [.. History.Entries.Select(seen => new SeenDocument(
                seen.Id.ToString(), seen.Sequence, seen.Target.ToString()))],
            [.. _kept.Select(kept => new KeptDocument(
                kept.Address.Format(),
                kept.IsFollowed,
                kept.IsOwn,
                [.. kept.Records.Select(record => Convert.ToBase64String(record.Bytes.Span))]))]);
        await slot.WriteAsync(
            JsonSerializer.SerializeToUtf8Bytes(document, NameBookJson.Default.NameBookDocument), cancellationToken);
    }

    private static KeptName? Read(KeptDocument kept)
    {
        if (!NameAddress.TryParse(kept.Address, out var address, out _))
        {
            return null;
        }

        var records = kept.Records
            .Select(text => NameRecord.TryParse(Convert.FromBase64String(text), out var record) ? record : null)
            .OfType<NameRecord>();
        return new KeptName(address, kept.Followed, kept.Own, [.. records]);
    }

    private static Bytes32 Hash(string digits) => new(Convert.FromHexString(digits));
}
