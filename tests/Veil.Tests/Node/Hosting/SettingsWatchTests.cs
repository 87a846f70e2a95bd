using Veil.Node.Configuration;
using Veil.Node.Hosting;
using Veil.Noise.Seams;
using Veil.Tests.Gateway;
using Veil.Wire.Documents;
using Xunit;

namespace Veil.Tests.Node.Hosting;

/// <summary>What a running node makes of a veil.json that changes (spec/operating.md, section 2).</summary>
public sealed class SettingsWatchTests : IDisposable
{
    private readonly DirectoryInfo _root = System.IO.Directory.CreateTempSubdirectory("veil-test-");
    private readonly CollectedLogs _logs = new();
    private readonly DataPaths _paths;
    private readonly SettingsSource _settings;

    public SettingsWatchTests()
    {
        Assert.True(NetworkAddress.TryParse("127.0.0.1:9", out var address));
        string net = Path.Combine(_root.FullName, "net");
        NewNetwork.Create(net, new NetworkPlan("a", true, 4, [("one", address)], null), new SystemSecretSource());
        _paths = new DataPaths(Path.Combine(_root.FullName, "node"));
        DataFolder.Make(_paths.Folder);
        File.Copy(new DataPaths(net).Network, _paths.Network);
        _settings = new SettingsSource(_paths, new Dictionary<string, string>());
        _settings.Load();
    }

    private string Said => string.Join('\n', _logs.Lines);

    [Fact]
    public void A_fault_of_whatever_kind_is_logged_and_goes_no_further()
    {
        using var watch = new SettingsWatch(_settings, _paths, _logs);
        watch.Changed += static _ => throw new InvalidOperationException("a secret");

        watch.Reload();

        Assert.Contains("InvalidOperationException", Said, StringComparison.Ordinal);
        Assert.DoesNotContain("a secret", Said, StringComparison.Ordinal);
    }

    public void Dispose() => _root.Delete(recursive: true);
}
