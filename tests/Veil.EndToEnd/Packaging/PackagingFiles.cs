namespace Veil.EndToEnd.Packaging;

/// <summary>The files that a release is made with.</summary>
internal static class PackagingFiles
{
    private static readonly string _root = FindRoot();

    /// <summary>The text of a file, by its path from the root.</summary>
    internal static string Read(string path) => File.ReadAllText(PathOf(path)).ReplaceLineEndings("\n");

    /// <summary>Where a file of the project is.</summary>
    internal static string PathOf(string path) => Path.Combine(_root, path);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Veil.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("no Veil.sln above the tests");
    }
}
