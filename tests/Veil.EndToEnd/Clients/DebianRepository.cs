using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace Veil.EndToEnd.Clients;

/// <summary>A repository of one Debian package, as files of a web server.</summary>
internal static class DebianRepository
{
    /// <summary>The package's name.</summary>
    internal const string Package = "veil-test-parcel";

    /// <summary>The package's file.</summary>
    internal const string PackageFile = "/veil-test-parcel_1.0_all.deb";

    // More than one stream window, in what dpkg-deb cannot make smaller.
    private const int ContentBytes = 1_000_001;

    /// <summary>Builds it.</summary>
    /// <returns>Files by path.</returns>
    internal static async Task<Dictionary<string, (string Type, byte[] Bytes)>> MakeAsync(
        string dpkgDeb, string folder)
    {
        var token = TestContext.Current.CancellationToken;
        var control = $"""
            Package: {Package}
            Version: 1.0
            Architecture: all
            Maintainer: Nobody <nobody@veil-test.example>
            Description: something to fetch

            """;
        var tree = System.IO.Directory.CreateDirectory(Path.Combine(folder, "tree")).FullName;
        System.IO.Directory.CreateDirectory(Path.Combine(tree, "DEBIAN"));
        await File.WriteAllTextAsync(Path.Combine(tree, "DEBIAN", "control"), control, token);
        await File.WriteAllBytesAsync(Path.Combine(tree, "parcel"), Testnet.TestnetTests.Bytes(ContentBytes), token);
        var file = folder + PackageFile;
        var built = await ToolProcess.RunProgramAsync(dpkgDeb, "--build", "--root-owner-group", tree, file);
        Assert.True(built.ExitCode == 0, built.Errors);

        var bytes = await File.ReadAllBytesAsync(file, token);
        var index = control + $"""
            Filename: .{PackageFile}
            Size: {bytes.Length.ToString(CultureInfo.InvariantCulture)}
            SHA256: {Convert.ToHexStringLower(SHA256.HashData(bytes))}

            """;
        return new()
        {
            [PackageFile] = ("application/octet-stream", bytes),
            ["/Packages"] = ("text/plain", Encoding.ASCII.GetBytes(index)),
        };
    }
}
