using Veil.Noise.Seams;
using Xunit;

namespace Veil.Tests.Noise;

/// <summary>Gives out fixed secrets in order, and insists on their lengths.</summary>
internal sealed class ScriptedSecrets(params byte[][] script) : SecretSource
{
    private readonly Queue<byte[]> _script = new(script);

    public int Remaining => _script.Count;

    public override void Fill(Span<byte> destination)
    {
        byte[] next = _script.Dequeue();
        Assert.Equal(destination.Length, next.Length);
        next.CopyTo(destination);
    }
}
