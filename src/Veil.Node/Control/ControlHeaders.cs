using Veil.Content.Stripes;

namespace Veil.Node.Control;

/// <summary>Header and trailer fields of requests and answers that carry a file (spec/control.md, section 2).</summary>
internal static class ControlHeaders
{
    /// <summary>Length of the file, or of all files of the folder, in bytes, decimal.</summary>
    internal const string Length = "veil-length";

    /// <summary>Name of the file or folder, percent-encoded UTF-8.</summary>
    internal const string Name = "veil-name";

    /// <summary>Of add: bytes of the folder's index that its body begins with, decimal. Absent for a file.</summary>
    internal const string Index = "veil-index";

    /// <summary>Of add: what the client calls this very content in this state, to go on after a crash. 64 hexadecimal
    /// digits.</summary>
    internal const string Token = "veil-token";

    /// <summary>Of add: one of <see cref="ParityLevelText.All"/>. Absent for the usual one.</summary>
    internal const string Redundancy = "veil-redundancy";

    /// <summary>Of add: bytes of the statements that its body begins with, decimal. Absent without any.</summary>
    internal const string Statements = "veil-statements";

    /// <summary>Of get: the first and the last byte of the range, as it was understood.</summary>
    internal const string Range = "veil-range";

    /// <summary>Trailer: <see cref="Done"/> when all bytes came, else the error as JSON.</summary>
    internal const string End = "veil-end";

    /// <summary>Value of <see cref="End"/>.</summary>
    internal const string Done = "done";
}
