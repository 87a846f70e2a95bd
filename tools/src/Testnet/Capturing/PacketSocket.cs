using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Veil.Tools.Testnet.Capturing;

/// <summary>
/// Sees every packet of one network namespace (packet(7)). Made and used by one thread, which stays in that namespace:
/// the socket belongs to the namespace in which it was made. Linux, root.
/// </summary>
internal sealed partial class PacketSocket : IDisposable
{
    private const int NetworkNamespace = 0x4000_0000;
    private const int PacketFamily = 17;
    private const int DatagramCloseOnExec = 2 | 0x8_0000;
    private const int TruncatedLength = 0x20;
    private const int SocketLevel = 1;
    private const int ReceiveTimeout = 20;
    private const int ReceiveBufferForced = 33;
    private const int PacketLevel = 263;
    private const int PacketStatistics = 6;
    private const int Again = 11;
    private const int Interrupted = 4;

    // ETH_P_ALL in network order.
    private const ushort AllProtocols = 0x0300;

    // Holds what arrives while the reading thread waits for a processor, at the rates of a test network.
    private const int BufferBytes = 64 << 20;

    // How soon the end of a capture is noticed on a silent link.
    private const int TimeoutMicroseconds = 100_000;

    private readonly SafeFileHandle _socket;

    private PacketSocket(SafeFileHandle socket) => _socket = socket;

    /// <summary>Puts the calling thread into a namespace and opens a socket there.</summary>
    /// <param name="path">The namespace's file.</param>
    /// <exception cref="IOException">There is no such namespace, or the rights are missing.</exception>
    internal static PacketSocket Open(string path)
    {
        using (var file = File.OpenHandle(path))
        {
            Require(SetNamespace(file, NetworkNamespace), "cannot enter the network namespace");
        }

        int number = OpenSocket(PacketFamily, DatagramCloseOnExec, AllProtocols);
        Require(number, "cannot open a packet socket");
        var socket = new SafeFileHandle(number, ownsHandle: true);
        long[] timeout = [0, TimeoutMicroseconds];
        Require(
            SetOption(socket, SocketLevel, ReceiveTimeout, MemoryMarshal.AsBytes<long>(timeout), 2 * sizeof(long)),
            "cannot set the packet socket's timeout");
        Require(
            SetOption(socket, SocketLevel, ReceiveBufferForced, BitConverter.GetBytes(BufferBytes), sizeof(int)),
            "cannot set the packet socket's buffer");
        return new PacketSocket(socket);
    }

    /// <summary>The next packet, from its network header on.</summary>
    /// <param name="start">Gets as much of it as there is room for.</param>
    /// <param name="origin">Where it was seen.</param>
    /// <param name="length">Its whole length.</param>
    /// <returns>False when none came for a moment.</returns>
    /// <exception cref="IOException">The system refused.</exception>
    internal bool TryReceive(Span<byte> start, out PacketOrigin origin, out int length)
    {
        int originBytes = Marshal.SizeOf<PacketOrigin>();
        length = (int)Receive(_socket, start, (nuint)start.Length, TruncatedLength, out origin, ref originBytes);
        if (length >= 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error is Again or Interrupted ? false : throw Fault("cannot receive packets", error);
    }

    /// <summary>Packets that came and were not given to <see cref="TryReceive"/>, since the last call.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal uint TakeLost()
    {
        Span<uint> statistics = stackalloc uint[2];
        int bytes = 2 * sizeof(uint);
        Require(
            GetOption(_socket, PacketLevel, PacketStatistics, MemoryMarshal.AsBytes(statistics), ref bytes),
            "cannot count lost packets");
        return statistics[1];
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static void Require(int result, string what)
    {
        if (result < 0)
        {
            throw Fault(what, Marshal.GetLastPInvokeError());
        }
    }

    private static IOException Fault(string what, int error) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(error)}", new Win32Exception(error));

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetNamespace(SafeFileHandle file, int kind);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetOption(
        SafeFileHandle socket, int level, int name, ReadOnlySpan<byte> value, int bytes);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetOption(SafeFileHandle socket, int level, int name, Span<byte> value, ref int bytes);

    [LibraryImport("libc", EntryPoint = "recvfrom", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Receive(
        SafeFileHandle socket, Span<byte> buffer, nuint bytes, int flags, out PacketOrigin origin, ref int originBytes);
}

/// <summary>Where the kernel saw a packet: its sockaddr_ll.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PacketOrigin
{
    private const ushort LoopbackHardware = 772;
    private const byte OtherHost = 3;
    private const byte Outgoing = 4;

    internal ushort Family;

    // EtherType, in network order.
    internal ushort Protocol;
    internal int Interface;
    internal ushort Hardware;
    internal byte Kind;
    internal byte AddressBytes;
    internal ulong Address;

    /// <summary>What the packet is: 0x0800 IPv4, 0x0806 ARP, 0x86dd IPv6.</summary>
    internal readonly ushort EtherType => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Protocol);

    /// <summary>Whether it never left the node.</summary>
    internal readonly bool IsLoopback => Hardware == LoopbackHardware;

    /// <summary>Whether the node sent it.</summary>
    internal readonly bool IsOutgoing => Kind == Outgoing;

    /// <summary>Whether it is for another host and only passed by.</summary>
    internal readonly bool IsForOther => Kind == OtherHost;
}
