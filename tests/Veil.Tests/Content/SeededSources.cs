using Geralt;
using Veil.Noise.Seams;
using Veil.Wire.Seams;

namespace Veil.Tests.Content;

/// <summary>Decisions that are the same in every run of one seed. Safe for concurrent use.</summary>
internal sealed class SeededDecisions(ulong seed) : DecisionSource
{
    private readonly SeededStream _stream = new(seed);

    public override void Fill(Span<byte> destination) => _stream.Fill(destination);
}

/// <summary>Secrets that are the same in every run of one seed. Safe for concurrent use.</summary>
internal sealed class SeededSecrets(ulong seed) : SecretSource
{
    private readonly SeededStream _stream = new(unchecked(~seed));

    public override void Fill(Span<byte> destination) => _stream.Fill(destination);
}

/// <summary>A ChaCha20 keystream.</summary>
internal sealed class SeededStream(ulong seed)
{
    private readonly Lock _lock = new();
    private ulong _position;

    public void Fill(Span<byte> destination)
    {
        if (destination.IsEmpty) return;
        Span<byte> key = stackalloc byte[ChaCha20.KeySize];
        Span<byte> nonce = stackalloc byte[ChaCha20.NonceSize];
        key.Clear();
        nonce.Clear();
        BitConverter.TryWriteBytes(key, seed);
        lock (_lock) BitConverter.TryWriteBytes(nonce, ++_position);
        ChaCha20.Fill(destination, nonce, key);
    }
}
