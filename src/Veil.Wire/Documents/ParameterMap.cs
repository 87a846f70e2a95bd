using System.Diagnostics;
using System.Formats.Cbor;

namespace Veil.Wire.Documents;

/// <summary>
/// The named numbers that steer a network (spec/directory.md, section 5): at most 64, names of 1 to 32 characters
/// from <c>a-z 0-9 _ .</c>, as a CBOR map of text to unsigned.
/// </summary>
public static class ParameterMap
{
    /// <summary>Whether the map keeps every bound.</summary>
    public static bool IsPossible(IReadOnlyDictionary<string, ulong> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return parameters.Count <= DocumentLimits.MaxParameters && parameters.Keys.All(IsName);
    }

    internal static void Write(CborWriter writer, IReadOnlyDictionary<string, ulong> parameters)
    {
        Debug.Assert(IsPossible(parameters), "Checked before writing.");
        writer.WriteStartMap(parameters.Count);
        foreach ((string name, ulong value) in parameters)
        {
            writer.WriteTextString(name);
            writer.WriteUInt64(value);
        }

        writer.WriteEndMap();
    }

    internal static Dictionary<string, ulong> Read(CborReader reader)
    {
        int count = reader.ReadBoundedMap(DocumentLimits.MaxParameters);
        Dictionary<string, ulong> parameters = new(count, StringComparer.Ordinal);
        for (int index = 0; index < count; index++)
        {
            string name = reader.ReadTextString();
            parameters.Add(name, reader.ReadUInt64());
        }

        reader.ReadEndMap();
        Debug.Assert(parameters.Count == count, "The canonical reader refuses a key that comes twice.");
        return parameters;
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= DocumentLimits.MaxParameterNameLength
        && name.All(character => character is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_' or '.');
}
