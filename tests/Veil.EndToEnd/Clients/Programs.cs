using Xunit;

namespace Veil.EndToEnd.Clients;

/// <summary>Programs of the system that tests run, where they are installed.</summary>
internal static class Programs
{
    // Daemons are not on the path of everybody.
    private static readonly string[] _folders =
    [
        .. (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
        "/usr/sbin", "/sbin",
    ];

    /// <summary>The path of the first of these that is installed; without any, the test is skipped.</summary>
    internal static string Need(string package, params string[] names)
    {
        var found = names.SelectMany(name => _folders.Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"{names[0]} is not installed: apt-get install {package}");
        return found!;
    }
}
