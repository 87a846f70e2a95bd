using Xunit;

namespace Veil.Tests;

/// <summary>
/// Where published test vectors are: the folder named by VEIL_VECTORS, else ../shared/vectors beside the project.
/// They are read there and never copied into the project.
/// </summary>
internal static class VectorFolder
{
    private const string Variable = "VEIL_VECTORS";

    /// <summary>The folder that holds Veil.sln, found upwards from the test assembly.</summary>
    public static string ProjectRoot { get; } = FindProjectRoot();

    /// <summary>The path of one topic's folder; skips the running test where it is absent.</summary>
    public static string Require(string topic)
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        string root = string.IsNullOrEmpty(named) ? Path.Combine(ProjectRoot, "..", "shared", "vectors") : named;
        string path = Path.GetFullPath(Path.Combine(root, topic));
        if (!System.IO.Directory.Exists(path))
            Assert.Skip($"{topic} vectors not found at {path}; set {Variable} to the folder of test vectors.");
        return path;
    }

    private static string FindProjectRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Veil.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No Veil.sln above {AppContext.BaseDirectory}.");
    }
}
