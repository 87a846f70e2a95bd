using System.Net;
using Veil.Circuits;
using Veil.Wire;

namespace Veil.Node.Observing;

/// <summary>A circuit that begins on one link, as recordings show it (spec/operating.md, section 5).</summary>
/// <param name="Value">The circuit's number on its link, then the first 16 bytes of the hop handshake's ephemeral
/// public key; 8 and 32 hexadecimal digits.</param>
/// <param name="Step">made, accepted or extended.</param>
/// <param name="Link">The other end of its link, ADDR:PORT; null when unknown.</param>
/// <param name="From">Of an extended circuit, the accepted one that it goes on from, number@ADDR:PORT; else
/// null.</param>
public sealed record ObservedCircuit(string Value, string Step, string? Link, string? From)
{
    /// <summary>Spells out what the circuits tell.</summary>
    internal static ObservedCircuit Of(CircuitSighting seen, ReadOnlySpan<byte> ephemeral) => new(
        $"{seen.Circuit.Value:x8}{Convert.ToHexStringLower(ephemeral)}",
        seen.Step.ToString().ToLowerInvariant(),
        seen.Link?.ToString(),
        Place(seen.From));

    /// <summary>Spells out a circuit's place on its link.</summary>
    internal static string? Place((CircuitId Circuit, EndPoint? Link)? circuit) =>
        circuit is { } place ? $"{place.Circuit.Value:x8}@{place.Link}" : null;
}
