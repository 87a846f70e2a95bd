using System.CommandLine;
using Veil.Tools.Release.Building;

namespace Veil.Tools.Release;

/// <summary>The command line of tools/release.</summary>
internal sealed class ReleaseCommand
{
    // The contract's exit codes.
    private const int Done = 0;
    private const int Failed = 1;
    private const int WrongUsage = 2;
    private const int NotVerified = 5;

    private readonly Option<string> _root = new("--root") { Hidden = true, Required = true };

    private readonly Option<string?> _output = new("--output")
    {
        Description = "Where the artefacts go; it must be empty or not exist yet (default artifacts/dist).",
        HelpName = "DIR",
    };

    private readonly Option<string[]> _rids = new("--rid")
    {
        Description = $"Build for this runtime only; may be repeated ({string.Join(", ", ReleaseBuild.AllRids)}).",
        HelpName = "RID",
    };

    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Build twice, from two fresh clones, and compare every artefact byte for byte.",
    };

    private readonly Option<bool> _lock = new("--lock")
    {
        Description = "Write packaging/locks and packaging/toolchain.json anew, after packages or the SDK changed.",
    };

    private readonly Option<string> _maintainer = new("--maintainer")
    {
        Description = "Who answers for the Debian packages: 'NAME <ADDRESS>'.",
        DefaultValueFactory = _ => "Veil contributors <contributors@veil.invalid>",
    };

    internal ReleaseCommand() => _rids.AcceptOnlyFromAmong(ReleaseBuild.AllRids);

    /// <summary>Parses and runs.</summary>
    /// <returns>0 when made, 1 when not, 2 on wrong usage, 5 when two builds differ.</returns>
    internal async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand(
            "Makes a release of the commit that is checked out: archives, Debian packages, a bill of materials and "
            + "SHA256SUMS. Only what is committed gets in.\n\nExample: tools/release --verify --output /tmp/veil-dist")
        {
            _root, _output, _rids, _verify, _lock, _maintainer,
        };
        root.SetAction(RunAsync);
        var parsed = root.Parse(args);
        var code = await parsed.InvokeAsync();
        return parsed.Errors.Count > 0 ? WrongUsage : code;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        try
        {
            var root = parsed.GetRequiredValue(_root);
            return parsed.GetValue(_lock)
                ? await WriteLocksAsync(root, cancellation)
                : await MakeAsync(root, parsed, cancellation);
        }
        catch (Exception failure) when (failure is ReleaseException or IOException or UnauthorizedAccessException)
        {
            Say(failure.Message);
            return Failed;
        }
    }

    private static async Task<int> WriteLocksAsync(string root, CancellationToken cancellation)
    {
        var program = new ProgramBuild(root, new string('0', 40), Variation.First);
        var toolchain = await program.RestoreAsync(writeLocks: true, cancellation);
        await File.WriteAllTextAsync(Path.Combine(root, "packaging/toolchain.json"), toolchain.ToText(), cancellation);
        Say($"SDK {toolchain.Sdk}, {toolchain.Packs.Count} packs; commit packaging/");
        return Done;
    }

    private async Task<int> MakeAsync(string root, ParseResult parsed, CancellationToken cancellation)
    {
        var output = Path.GetFullPath(parsed.GetValue(_output) ?? Path.Combine(root, "artifacts/dist"));
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            throw new ReleaseException($"{output} is not empty");
        }

        var rids = parsed.GetValue(_rids) is { Length: > 0 } chosen
            ? ReleaseBuild.AllRids.Intersect(chosen).ToArray()
            : ReleaseBuild.AllRids;
        var repository = new Repository(root, new Shell(Variation.First));
        var head = await repository.HeadAsync(cancellation);
        var workplace = Directory.CreateTempSubdirectory("veil-release-").FullName;
        try
        {
            async Task BuildAsync(Variation variation, string target)
            {
                var clone = new Clone(Path.Combine(workplace, variation.Folder), head.Commit, variation);
                await repository.CloneAsync(head.Commit, clone.Folder, cancellation);
                var build = new ReleaseBuild(
                    clone,
                    target,
                    parsed.GetValue(_maintainer)!,
                    step => Say($"{variation.Folder.Split('/')[0]} build: {step}"));
                await build.RunAsync(head, rids, cancellation);
            }

            await BuildAsync(Variation.First, output);
            if (!parsed.GetValue(_verify))
            {
                return Show(output);
            }

            var again = Path.Combine(workplace, "again");
            await BuildAsync(Variation.Second, again);
            return Compare(output, again);
        }
        finally
        {
            Directory.Delete(workplace, recursive: true);
        }
    }

    private static int Compare(string output, string again)
    {
        var differences = Comparison.Differences(output, again);
        if (differences.Count == 0)
        {
            Say("both builds are identical, byte for byte");
            return Show(output);
        }

        // Kept for a look at what differs.
        var kept = output + ".second";
        Directory.CreateDirectory(kept);
        foreach (var path in Directory.EnumerateFiles(again))
        {
            File.Copy(path, Path.Combine(kept, Path.GetFileName(path)), overwrite: true);
        }

        Say($"the two builds differ; the second is in {kept}:\n  " + string.Join("\n  ", differences));
        return NotVerified;
    }

    private static int Show(string output)
    {
        foreach (var path in Directory.EnumerateFiles(output).Order(StringComparer.Ordinal))
        {
            Console.Out.WriteLine($"{new FileInfo(path).Length,12}  {path}");
        }

        return Done;
    }

    private static void Say(string message) => Console.Error.WriteLine(message);
}
