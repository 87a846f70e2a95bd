namespace Veil.Tools.Release.Building;

/// <summary>The repository that is released: only what is committed.</summary>
/// <param name="root">The folder that holds Veil.sln.</param>
/// <param name="shell">How git is run.</param>
internal sealed class Repository(string root, Shell shell)
{
    /// <summary>The folder that holds Veil.sln.</summary>
    internal string Root => root;

    /// <summary>The commit and its time.</summary>
    /// <exception cref="ReleaseException">There are changes that are not committed.</exception>
    internal async Task<(string Commit, DateTimeOffset Time)> HeadAsync(CancellationToken cancellation)
    {
        var changes = await shell.RunAsync(root, cancellation, "git", "status", "--porcelain");
        if (changes.Length > 0)
        {
            throw new ReleaseException($"a release is made of what is committed; these are not:\n{changes.TrimEnd()}");
        }

        var line = await shell.RunAsync(root, cancellation, "git", "log", "-1", "--format=%H %ct");
        var parts = line.Trim().Split(' ');
        return (parts[0], DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts[1])));
    }

    /// <summary>Makes a fresh clone of a commit, without a remote.</summary>
    internal async Task CloneAsync(string commit, string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        await shell.RunAsync(root, cancellation, "git", "clone", "--quiet", "--no-checkout", "--no-hardlinks", root,
            folder);
        await shell.RunAsync(folder, cancellation, "git", "checkout", "--quiet", "--detach", commit);
        await shell.RunAsync(folder, cancellation, "git", "remote", "remove", "origin");
    }
}
