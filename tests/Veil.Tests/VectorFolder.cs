using Xunit;

namespace Veil.Tests;

/// <summary>
/// Finds published test vectors: in the folder that VEIL_VECTORS names, else in ../shared/vectors beside the project.
/// </summary>
internal static class VectorFolder
{
    /// <summary>The folder that holds Veil.sln, found by walking up from the test assembly.</summary>
    public static string ProjectRoot { get; } = FindProjectRoot();

    /// <summary>The folder of one topic; skips the test with an explanation where it is absent.</summary>
    public static string Require(string topic)
    {
        var named = Environment.GetEnvironmentVariable("VEIL_VECTORS");
        var folder = string.IsNullOrEmpty(named) ? Path.Combine(ProjectRoot, "..", "shared", "vectors") : named;
        var path = Path.GetFullPath(Path.Combine(folder, topic));
        Assert.SkipUnless(
            System.IO.Directory.Exists(path),
            $"{topic} vectors not found at {path}; set VEIL_VECTORS to the folder that contains {topic}/");
        return path;
    }

    private static string FindProjectRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Veil.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException($"no Veil.sln above {AppContext.BaseDirectory}");
    }
}
