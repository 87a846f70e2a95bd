using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Veil.Circuits.Limits;

/// <summary>
/// Accepted links and handshakes by address, an IPv6 /64 being one (spec/limits.md, section 7). Holds an entry only
/// while there is a connection, so the bound of links bounds it. Any thread.
/// </summary>
internal sealed class AddressTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, int> _counts = [];

    /// <summary>Addresses with a connection.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _counts.Count;
            }
        }
    }

    /// <summary>Counts a connection; false when its address has as many as it may. What has no address is not
    /// counted.</summary>
    internal bool TryEnter(EndPoint? endPoint, int bound)
    {
        if (KeyOf(endPoint) is not { } key)
        {
            return true;
        }

        lock (_lock)
        {
            int count = _counts.GetValueOrDefault(key);
            if (count >= bound)
            {
                return false;
            }

            _counts[key] = count + 1;
            return true;
        }
    }

    /// <summary>A counted connection ended.</summary>
    internal void Leave(EndPoint? endPoint)
    {
        if (KeyOf(endPoint) is not { } key)
        {
            return;
        }

        lock (_lock)
        {
            int left = _counts[key] - 1;
            if (left == 0)
            {
                _counts.Remove(key);
            }
            else
            {
                _counts[key] = left;
            }
        }
    }

    // IPv4 as its mapped form, so that a dual-mode socket makes no difference.
    private static UInt128? KeyOf(EndPoint? endPoint)
    {
        if (endPoint is not IPEndPoint { Address: var address })
        {
            return null;
        }

        bool isV4 = address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6;
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        if (!isV4)
        {
            bytes[8..].Clear();
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
