using Veil.Content.Manifests;

namespace Veil.Node.Control;

/// <summary>
/// A signature that the client makes at the end of add: asked for in a line of the answer, read from what follows the
/// file in the body (spec/control.md, section 2.1).
/// </summary>
internal sealed class AwaitedSignature(Stream body)
{
    private string? _asked;

    /// <summary>What to ask for, once.</summary>
    internal string? TakeRequest() => Interlocked.Exchange(ref _asked, null);

    /// <summary>Asks for it and waits, as long as the client stays.</summary>
    /// <exception cref="ControlException">The body ends before it, or goes on after it.</exception>
    internal async Task<byte[]> GetAsync(ReadOnlyMemory<byte> manifest, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _asked, Convert.ToBase64String(manifest.Span));
        var signature = new byte[ManifestSignature.Bytes];
        var more = new byte[1];
        return await body.ReadAtLeastAsync(signature, signature.Length, throwOnEndOfStream: false, cancellationToken)
                == signature.Length
            && await body.ReadAsync(more, cancellationToken) == 0
            ? signature
            : throw ControlErrors.BadRequest();
    }
}
