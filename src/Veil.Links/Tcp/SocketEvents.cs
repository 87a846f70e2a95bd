namespace Veil.Links.Tcp;

/// <summary>How the runtime tells of sockets that have become ready.</summary>
public static class SocketEvents
{
    // Read by the runtime at the process's first asynchronous use of a socket (dotnet/runtime,
    // SocketAsyncEngine.Unix.cs); it has no other switch.
    private const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// Has the threads that wait for sockets, one for each processor, do what follows themselves, instead of waking a
    /// thread of the pool for it: half of a relay's cost. For a process whose socket loops never block, before its
    /// first socket. The operator's own setting of the variable stands.
    /// </summary>
    public static void HandleInline()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            Environment.SetEnvironmentVariable(Variable, "1");
        }
    }
}
