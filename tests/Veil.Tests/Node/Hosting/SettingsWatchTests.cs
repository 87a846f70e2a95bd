using Veil.Node.Configuration;
using Veil.Node.Hosting;
using Veil.Noise.Seams;
using Veil.Storage;
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

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Said => string.Join('\n', _logs.Lines);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_is_replaced_or_written_anew_is_read(bool inPlace)
    {
        using var watch = new SettingsWatch(_settings, _paths, _logs);
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watch.Changed += configuration =>
        {
            if (configuration.Bounds.Rate == 1 << 20)
            {
                seen.TrySetResult();
            }
        };
        byte[] text = """{ "Limits": { "Rate": "1MiB" } }"""u8.ToArray();

        if (inPlace)
        {
            await File.WriteAllBytesAsync(_paths.Settings, text, Token);
        }
        else
        {
            DurableFile.Replace(_paths.Settings, text);
        }

        await seen.Task.WaitAsync(Token);
    }

    [Fact]
    public void A_fault_of_whatever_kind_is_logged_and_goes_no_further()
    {
        using var watch = new SettingsWatch(_settings, _paths, _logs);
        watch.Changed += static _ => throw new InvalidOperationException("a secret");

        watch.Reload();

        Assert.Contains("InvalidOperationException", Said, StringComparison.Ordinal);
        Assert.DoesNotContain("a secret", Said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_watched_is_said_once_and_the_node_goes_on()
    {
        var gone = new DataPaths(Path.Combine(_root.FullName, "gone"));
        using var watch = new SettingsWatch(_settings, gone, _logs);
        int told = 0;
        watch.Changed += _ => told++;

        watch.Reload();

        Assert.Contains("SIGHUP", Said, StringComparison.Ordinal);
        Assert.Equal(1, told);
    }

    public void Dispose() => _root.Delete(recursive: true);
}
