using System.Security.Cryptography;
using Veil.Noise.Seams;

namespace Veil.Tests.Noise;

/// <summary>Secrets that repeat from run to run: SHA-256 of a seed and a counter.</summary>
internal sealed class CountingSecrets(int seed) : SecretSource
{
    private int _counter;

    public override void Fill(Span<byte> destination)
    {
        Span<byte> block = stackalloc byte[32];
        for (int offset = 0; offset < destination.Length; offset += block.Length)
        {
            SHA256.HashData([.. BitConverter.GetBytes(seed), .. BitConverter.GetBytes(_counter++)], block);
            block[..Math.Min(block.Length, destination.Length - offset)].CopyTo(destination[offset..]);
        }
    }
}
