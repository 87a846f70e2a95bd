using System.Globalization;

namespace Veil.Bench;

/// <summary>Options of a bench, as they stand on the command line: <c>--name value</c>.</summary>
internal sealed class BenchOptions(IReadOnlyList<string> arguments)
{
    /// <summary>A number, or its default.</summary>
    /// <exception cref="IOException">No number of at least 1 stands there.</exception>
    internal int Number(string name, int otherwise)
    {
        if (!arguments.Contains(name))
        {
            return otherwise;
        }

        string? text = arguments.SkipWhile(argument => argument != name).Skip(1).FirstOrDefault();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new IOException($"{name} takes a number of at least 1");
    }
}
