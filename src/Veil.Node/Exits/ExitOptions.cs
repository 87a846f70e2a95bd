namespace Veil.Node.Exits;

/// <summary>What an exit takes, and its bounds (spec/exit.md, section 6).</summary>
public sealed record ExitOptions
{
    /// <summary>Which targets are taken.</summary>
    public ExitPolicy Policy { get; init; } = ExitPolicy.Empty;

    /// <summary>Connections at once: each has a descriptor and some 100 KiB of buffers.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>How long the request may take to arrive, and the asker's end after a refusal.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a look-up may take.</summary>
    public TimeSpan LookUpTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Look-ups at once: the system's resolver may hold a thread for each.</summary>
    public int MaxLookUps { get; init; } = 256;

    /// <summary>How long connecting may take, all addresses together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
