using System.Globalization;
using Xunit;

namespace Veil.Tests.Primitives;

public sealed class ChaCha20Tests
{
    [Fact]
    public void Rfc7539_streams_are_exact()
    {
        IReadOnlyList<IReadOnlyDictionary<string, string>> blocks = NistFile.Load("chacha20-rfc7539.txt", "COUNT");
        Assert.Equal(3, blocks.Count);
        foreach (IReadOnlyDictionary<string, string> block in blocks)
        {
            byte[] plaintext = block.Hex("PLAINTEXT");
            byte[] result = new byte[plaintext.Length];
            uint counter = uint.Parse(block["INITIAL_BLOCK_COUNTER"], CultureInfo.InvariantCulture);
            Geralt.ChaCha20.Encrypt(result, plaintext, block.Hex("NONCE"), block.Hex("KEY"), counter);
            Assert.Equal(block.Hex("CIPHERTEXT"), result);
        }
    }
}
