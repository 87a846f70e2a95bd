namespace Veil.Noise.Patterns;

/// <summary>A token of a message pattern (Noise revision 34, section 7; KEM tokens of the hfs extension).</summary>
internal enum HandshakeToken
{
    /// <summary>An ephemeral public key.</summary>
    E,

    /// <summary>A static public key, sealed once there is a key.</summary>
    S,

    /// <summary>DH of both ephemeral keys.</summary>
    EE,

    /// <summary>DH of the initiator's ephemeral and the responder's static key.</summary>
    ES,

    /// <summary>DH of the initiator's static and the responder's ephemeral key.</summary>
    SE,

    /// <summary>DH of both static keys.</summary>
    SS,

    /// <summary>An ephemeral encapsulation key, sealed once there is a key.</summary>
    E1,

    /// <summary>A ciphertext to the encapsulation key, sealed; then its shared secret is mixed in.</summary>
    Ekem1,
}
