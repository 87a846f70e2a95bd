using Veil.Content.Edge;

namespace Veil.Gateway.Sites;

/// <summary>One file that is open or being opened; belongs to <see cref="OpenFiles"/>, whose lock guards it.</summary>
internal sealed class OpenFile(string label)
{
    /// <summary>Set once closing began.</summary>
    internal bool IsClosing;

    internal string Label { get; } = label;

    /// <summary>Completes with the file, or with why it cannot be had.</summary>
    internal TaskCompletionSource<ContentObject> Opened { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the file is closed.</summary>
    internal TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gives the opening up.</summary>
    internal CancellationTokenSource Cancellation { get; } = new();

    /// <summary>How many readers there are.</summary>
    internal int Leases { get; set; }

    /// <summary>When the last reader left, as a time stamp of the clock.</summary>
    internal long LastUsed { get; set; }
}
