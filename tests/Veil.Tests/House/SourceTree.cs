using Xunit;

namespace Veil.Tests.House;

/// <summary>The project's own files, without what a build leaves behind.</summary>
internal static class SourceTree
{
    private static readonly string[] _built = ["bin", "obj", "artifacts", ".git"];

    internal static string Root => VectorFolder.ProjectRoot;

    /// <summary>The ten projects of the product.</summary>
    internal static IEnumerable<string> ProductProjects =>
        System.IO.Directory.GetDirectories(Path.Combine(Root, "src"))
            .Select(folder => Path.GetFileName(folder))
            .Order();

    /// <summary>C# files under the folders, for example <c>src</c>; a folder that does not exist has none.</summary>
    internal static IReadOnlyList<SourceFile> Code(params string[] folders) =>
        [.. folders.SelectMany(folder => Files(folder, "*.cs")).Select(Read)];

    /// <summary>Paths from the root, with slashes, in order.</summary>
    internal static IEnumerable<string> Files(string folder, string pattern)
    {
        var start = Path.Combine(Root, folder);
        return !System.IO.Directory.Exists(start)
            ? []
            : System.IO.Directory.EnumerateFiles(start, pattern, SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
                .Where(path => !path.Split('/').Intersect(_built).Any())
                .Order(StringComparer.Ordinal);
    }

    internal static string ReadText(string path) =>
        File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    /// <summary>Fails with every violation at once.</summary>
    internal static void AssertNone(IEnumerable<string> violations)
    {
        var all = violations.ToArray();
        Assert.True(all.Length == 0, $"{all.Length} violations:\n{string.Join('\n', all)}");
    }

    private static SourceFile Read(string path) => new(path, ReadText(path));
}
