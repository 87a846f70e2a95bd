using Xunit;

namespace Veil.Tests.Node;

/// <summary>Tests that count what the house's stores do, or change what they ask: they run when all others are done,
/// which add to the same stores.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LabHouseAlone
{
    /// <summary>Of the collection.</summary>
    internal const string Name = "stores that nobody else adds to";
}
