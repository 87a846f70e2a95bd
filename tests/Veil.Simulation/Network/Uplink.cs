using Veil.Simulation.Kernel;

namespace Veil.Simulation.Network;

/// <summary>What a host can send: all its connections stand in one line here.</summary>
internal sealed class Uplink(SimulationKernel kernel, long bytesPerSecond)
{
    private TimeSpan _freeAt;

    /// <summary>Sends so many bytes when the line is free.</summary>
    /// <returns>When the last of them is out, as virtual time since the start.</returns>
    internal TimeSpan Send(int bytes)
    {
        var from = _freeAt > kernel.Elapsed ? _freeAt : kernel.Elapsed;
        _freeAt = from + new TimeSpan(((bytes * TimeSpan.TicksPerSecond) + bytesPerSecond - 1) / bytesPerSecond);
        return _freeAt;
    }
}
