using Veil.Circuits.Streams;

namespace Veil.Bench.Streams;

/// <summary>Reads <see cref="NumberedBytes"/> from a stream and checks each.</summary>
internal sealed class NumberedReader(CircuitStream stream)
{
    /// <summary>Bytes that have come and are right.</summary>
    internal long Place { get; private set; }

    /// <summary>Reads up to a place, or somewhat beyond it.</summary>
    /// <returns>What went wrong, or null.</returns>
    internal async Task<string?> TryReadAsync(long until)
    {
        try
        {
            while (Place < until)
            {
                var result = await stream.Input.ReadAsync();
                foreach (var segment in result.Buffer)
                {
                    if (!NumberedBytes.AreAt(segment.Span, Place))
                    {
                        return $"wrong bytes after {Place}";
                    }

                    Place += segment.Length;
                }

                stream.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted && Place < until)
                {
                    return "a stream ended early";
                }
            }

            return null;
        }
        catch (IOException fault)
        {
            return $"a stream broke: {fault.Message}";
        }
    }
}
