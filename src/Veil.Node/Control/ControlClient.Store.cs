namespace Veil.Node.Control;

/// <summary>What the owner asks of the store.</summary>
public sealed partial class ControlClient
{
    /// <summary>Begins a scrub at once.</summary>
    public Task<StoreScrubAnswer> ScrubStoreAsync(CancellationToken cancellationToken) => CallAsync(
        HttpMethod.Post,
        "store/scrub",
        null,
        ControlJson.Default.StoreScrubAnswer,
        cancellationToken);

    /// <summary>Begins the drain of the store, or ends it.</summary>
    public Task<StoreDrainAnswer> DrainStoreAsync(bool cancel, CancellationToken cancellationToken) => CallAsync(
        HttpMethod.Post,
        "store/drain",
        Body(new StoreDrainRequest(cancel), ControlJson.Default.StoreDrainRequest),
        ControlJson.Default.StoreDrainAnswer,
        cancellationToken);
}
