using System.Text.Json;
using Veil.Node.Configuration;
using Veil.Node.Control;
using Veil.Wire.Documents;

namespace Veil.Cli.Doctor;

/// <summary>What lies in the data folder. Nothing is changed.</summary>
internal static class FolderChecks
{
    private const int MaxSettingsBytes = 64 * 1024;

    /// <summary>The path of the control socket, which may not be long.</summary>
    internal static Finding Socket(DataPaths paths)
    {
        try
        {
            ControlSocket.In(paths.Folder);
            return new Finding("control socket", Verdict.Ok, "its path is short enough");
        }
        catch (ControlException refused)
        {
            return new Finding("control socket", Verdict.Fail, refused.Error.Message, refused.Error.Hint);
        }
    }

    /// <summary>The network file.</summary>
    internal static (Finding Finding, NetworkDefinition? Network) Network(DataPaths paths)
    {
        if (!File.Exists(paths.Network))
        {
            return (new Finding(
                "network file", Verdict.Warn, "this folder belongs to no network yet",
                "start the node once with veil run --network network.json"), null);
        }

        try
        {
            byte[] json = File.ReadAllBytes(paths.Network);
            return NetworkDefinition.TryParse(json, out var network, out string? error)
                ? (new Finding(
                    "network file", Verdict.Ok,
                    $"network {network.Name}{(network.Lab ? " (lab)" : "")}, {network.Authorities.Count} authorities"),
                    network)
                : (new Finding("network file", Verdict.Fail, error, "copy the network's file here again"), null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return (new Finding("network file", Verdict.Fail, fault.Message, "check its rights"), null);
        }
    }

    /// <summary>The settings; what they say where they can be read.</summary>
    internal static (Finding Finding, NodeConfiguration? Configuration) Settings(DataPaths paths, bool hasNetwork)
    {
        try
        {
            if (!hasNetwork)
            {
                return (Syntax(paths), null);
            }

            var configuration = new SettingsSource(paths, new Dictionary<string, string>()).Load();
            string roles = configuration.Roles.ToString().ToLowerInvariant();
            return (new Finding("settings", Verdict.Ok, $"can be read; roles: {roles}"), configuration);
        }
        catch (NodeStartException mistake)
        {
            return (new Finding("settings", Verdict.Fail, mistake.Message, mistake.Hint), null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            return (new Finding("settings", Verdict.Fail, fault.Message, "correct veil.json, or its rights"), null);
        }
    }

    // Without a network the settings cannot be judged whole, and reading them would settle on one.
    private static Finding Syntax(DataPaths paths)
    {
        var file = new FileInfo(paths.Settings);
        if (!file.Exists)
        {
            return new Finding("settings", Verdict.Ok, "there is no veil.json: all settings are as they come");
        }

        if (file.Length > MaxSettingsBytes)
        {
            return new Finding("settings", Verdict.Fail, "veil.json is longer than 64 KiB",
                "take out what is no setting");
        }

        using var document = JsonDocument.Parse(
            File.ReadAllBytes(paths.Settings),
            new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        return new Finding("settings", Verdict.Ok, "veil.json can be read; it is judged when the network is known");
    }
}
