namespace Veil.Node.Names;

/// <summary>Records could not be published (spec/name.md, section 5).</summary>
internal sealed class NamePublishException(NamePublishFault fault, string message) : Exception(message)
{
    /// <summary>Which of these.</summary>
    internal NamePublishFault Fault => fault;
}

/// <summary>Why records could not be published.</summary>
internal enum NamePublishFault
{
    /// <summary>They are no records of one version of the name, or not of the days that live now.</summary>
    BadRecords,

    /// <summary>A version with this number, or a higher one, was seen.</summary>
    Outdated,

    /// <summary>Too few stores keep them.</summary>
    NotPlaced,
}
