using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Xunit;

namespace Veil.Tests.House;

/// <summary>The arrows between projects, as HACKING.md draws them.</summary>
public sealed class ArrowTests
{
    private const string Prefix = "Veil.";

    /// <summary>What each project names; what it may use includes what those use.</summary>
    private static readonly Dictionary<string, string[]> _arrows = new()
    {
        ["Noise"] = [],
        ["Wire"] = [],
        ["Directory"] = ["Wire"],
        ["Links"] = ["Noise", "Wire"],
        ["Circuits"] = ["Links", "Directory"],
        ["Content"] = ["Circuits"],
        ["Storage"] = ["Wire"],
        ["Gateway"] = ["Content"],
        ["Node"] = ["Noise", "Wire", "Directory", "Links", "Circuits", "Content", "Storage", "Gateway"],
        ["Cli"] = ["Node"],
    };

    [Fact]
    public void The_product_has_exactly_these_projects()
    {
        Assert.Equal(_arrows.Keys.Order().Select(name => Prefix + name), SourceTree.ProductProjects);
    }

    [Fact]
    public void Project_files_reach_exactly_what_the_arrows_allow()
    {
        var named = _arrows.Keys.ToDictionary(name => name, ReferencesOf);
        var violations = from name in _arrows.Keys
                         let reached = Reach(named, name)
                         let allowed = Reach(_arrows, name)
                         where !reached.SetEquals(allowed)
                         let found = string.Join(", ", reached.Order())
                         select $"{ProjectFile(name)}:1: reaches [{found}], not [{string.Join(", ", allowed.Order())}]";
        SourceTree.AssertNone(violations);
    }

    [Fact]
    public void Compiled_assemblies_use_nothing_that_the_arrows_forbid()
    {
        // The test program stands on all projects but the command line, whose arrow allows everything.
        var built = _arrows.Keys.Where(name => File.Exists(Assembly(name))).ToArray();
        Assert.Equal(_arrows.Count - 1, built.Length);

        var violations = from name in built
                         let allowed = Reach(_arrows, name)
                         from used in CompiledReferencesOf(name)
                         where !allowed.Contains(used)
                         select $"{ProjectFile(name)}:1: {Prefix}{name}.dll uses {Prefix}{used}";
        SourceTree.AssertNone(violations);
    }

    [Fact]
    public void The_product_refers_to_no_test_project_and_opens_itself_to_none_but_the_unit_tests()
    {
        var violations = from name in _arrows.Keys
                         from element in XDocument.Parse(SourceTree.ReadText(ProjectFile(name))).Descendants()
                         let target = (string?)element.Attribute("Include") ?? ""
                         where (element.Name.LocalName == "ProjectReference" && target.Contains("tests/"))
                             || (element.Name.LocalName == "InternalsVisibleTo" && target != "Veil.Tests")
                         select $"{ProjectFile(name)}:1: {element.Name.LocalName} {target}";
        SourceTree.AssertNone(violations);
    }

    private static string ProjectFile(string name) => $"src/{Prefix}{name}/{Prefix}{name}.csproj";

    private static string Assembly(string name) => Path.Combine(AppContext.BaseDirectory, $"{Prefix}{name}.dll");

    private static string[] ReferencesOf(string name) =>
        [.. XDocument.Parse(SourceTree.ReadText(ProjectFile(name))).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))
            .Select(project => project[Prefix.Length..])];

    private static IEnumerable<string> CompiledReferencesOf(string name)
    {
        using var file = new PEReader(File.OpenRead(Assembly(name)));
        var reader = file.GetMetadataReader();
        return [.. reader.AssemblyReferences
            .Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name))
            .Where(used => used.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(used => used[Prefix.Length..])];
    }

    private static HashSet<string> Reach(Dictionary<string, string[]> arrows, string from)
    {
        var reached = new HashSet<string>();
        var ahead = new Stack<string>(arrows[from]);
        while (ahead.TryPop(out var next))
        {
            if (reached.Add(next))
            {
                Array.ForEach(arrows.GetValueOrDefault(next, []), ahead.Push);
            }
        }

        return reached;
    }
}
