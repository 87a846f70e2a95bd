using System.Text;

namespace Veil.Cli.Output;

/// <summary>Stands for a standard stream that the process was started without: nothing can be written to it.</summary>
internal sealed class ClosedWriter : TextWriter
{
    /// <summary>The one there is.</summary>
    internal static ClosedWriter Instance { get; } = new();

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value) => throw new IOException("the stream was closed before the start");
}
