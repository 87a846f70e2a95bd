using Veil.Noise.Patterns;
using Veil.Noise.Seams;

namespace Veil.Noise;

/// <summary>What Initialize of a handshake state takes (Noise revision 34, section 5.3).</summary>
internal readonly ref struct HandshakeSetup
{
    /// <summary>The pattern.</summary>
    internal required HandshakePattern Pattern { get; init; }

    /// <summary>Whether this end writes the first message.</summary>
    internal required bool IsInitiator { get; init; }

    /// <summary>What both ends must agree on.</summary>
    internal required ReadOnlySpan<byte> Prologue { get; init; }

    /// <summary>Where ephemeral secrets come from.</summary>
    internal required SecretSource Secrets { get; init; }

    /// <summary>s, where the pattern gives this end one. Borrowed.</summary>
    internal StaticKeyPair? Local { get; init; }

    /// <summary>rs, where a pre-message gives it to this end; else empty.</summary>
    internal ReadOnlySpan<byte> RemoteStatic { get; init; }
}
