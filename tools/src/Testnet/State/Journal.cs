using System.Text.Json;

namespace Veil.Tools.Testnet.State;

/// <summary>One line of the journal; what does not belong to the event is null.</summary>
/// <param name="Event">network, plan, namespace, start, ready, stopped.</param>
internal sealed record JournalLine(string Event)
{
    internal const string NetworkEvent = "network";
    internal const string PlanEvent = "plan";
    internal const string NamespaceEvent = "namespace";
    internal const string StartEvent = "start";
    internal const string ReadyEvent = "ready";
    internal const string StoppedEvent = "stopped";

    /// <summary>The network's id.</summary>
    public string? Id { get; init; }

    /// <summary>The process of `up`.</summary>
    public int? ToolPid { get; init; }

    /// <summary>When that process started, in ticks since boot.</summary>
    public string? ToolStart { get; init; }

    /// <summary>The whole plan.</summary>
    public NetworkPlan? Plan { get; init; }

    /// <summary>What is about to be started, or what became ready.</summary>
    public string? Name { get; init; }
}

/// <summary>
/// What was done to make a network, one JSON object a line, written before it is done: whatever happens to the tool,
/// the journal tells what may be left behind.
/// </summary>
internal sealed class Journal(string path)
{
    /// <summary>Appends a line; it is with the system when this returns.</summary>
    internal void Write(JournalLine line)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(JsonSerializer.SerializeToUtf8Bytes(line, TestnetJson.Default.JournalLine));
        file.Write("\n"u8);
    }

    /// <summary>All whole lines; none when there is no journal.</summary>
    internal IReadOnlyList<JournalLine> Read()
    {
        List<JournalLine> lines = [];
        if (!File.Exists(path))
        {
            return lines;
        }

        foreach (var text in File.ReadLines(path))
        {
            try
            {
                lines.Add(JsonSerializer.Deserialize(text, TestnetJson.Default.JournalLine)!);
            }
            catch (JsonException)
            {
                // The tool was killed while it wrote this line: what it announces was not done.
                break;
            }
        }

        return lines;
    }
}
