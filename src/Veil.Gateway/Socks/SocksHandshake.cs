using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using Veil.Content.Edge;
using Veil.Wire.Exits;

namespace Veil.Gateway.Socks;

/// <summary>
/// The server's side of one SOCKS5 handshake, RFC 1928 and RFC 1929 (spec/gateway.md, section 1): bytes in, replies and
/// one outcome out, no I/O. How the bytes are cut into pieces changes nothing. It holds at most one message.
/// </summary>
public sealed class SocksHandshake
{
    /// <summary>The longest message, a credential: version, two lengths, two times 255 bytes.</summary>
    public const int MaxMessageBytes = 3 + (2 * byte.MaxValue);

    private const byte Version = 0x05;
    private const byte Socks4Version = 0x04;
    private const byte CredentialVersion = 0x01;
    private const byte NoAuthentication = 0x00;
    private const byte UserAndPassword = 0x02;
    private const byte NoAcceptableMethod = 0xFF;
    private const byte Connect = 0x01;
    private const int RequestHeaderBytes = 4;
    private const int PortBytes = 2;

    // Replies of a whole handshake fit twice over; the help page is the longest.
    private const int ReplyBytes = 1024;

    private readonly bool _hasExits;
    private readonly byte[] _message = new byte[MaxMessageBytes];
    private readonly ArrayBufferWriter<byte> _replies = new(ReplyBytes);
    private int _length;
    private Stage _stage = Stage.Greeting;
    private IsolationGroup _group = SocksIsolation.WithoutCredential;

    /// <param name="hasExits">Whether targets outside of the network are granted, for exits to decide about.</param>
    public SocksHandshake(bool hasExits = false) => _hasExits = hasExits;

    private enum Stage
    {
        Greeting,
        Credential,
        Request,
    }

    /// <summary>Where the handshake stands.</summary>
    public SocksStatus Status { get; private set; }

    /// <summary>Why it was refused; <see cref="SocksRefusal.None"/> as long as it was not.</summary>
    public SocksRefusal Refusal { get; private set; }

    /// <summary>What was granted; null as long as nothing was.</summary>
    public SocksRequest? Request { get; private set; }

    /// <summary>What is to be sent, in order; valid until <see cref="ClearReplies"/> or the next call.</summary>
    public ReadOnlyMemory<byte> Replies => _replies.WrittenMemory;

    /// <summary>Takes bytes in; stops at the end of the handshake.</summary>
    /// <param name="input">What arrived, in any pieces.</param>
    /// <returns>How many bytes belong to the handshake: all of them while it is reading.</returns>
    public int Receive(ReadOnlySpan<byte> input)
    {
        var consumed = 0;
        while (Status == SocksStatus.Reading && consumed < input.Length)
        {
            Debug.Assert(_length < _message.Length, "a message ends at its longest");
            _message[_length++] = input[consumed++];
            Step();
        }

        return consumed;
    }

    /// <summary>What was to be sent is sent.</summary>
    public void ClearReplies() => _replies.ResetWrittenCount();

    private void Step()
    {
        var message = _message.AsSpan(0, _length);
        switch (_stage)
        {
            case Stage.Greeting:
                ReadGreeting(message);
                break;
            case Stage.Credential:
                ReadCredential(message);
                break;
            default:
                ReadRequest(message);
                break;
        }
    }

    private void ReadGreeting(ReadOnlySpan<byte> message)
    {
        if (message[0] != Version)
        {
            RefuseForeignProtocol(message[0]);
            return;
        }

        if (message.Length < 2 || message.Length < 2 + message[1])
        {
            return;
        }

        var methods = message[2..];
        var method = methods.Contains(UserAndPassword) ? UserAndPassword
            : methods.Contains(NoAuthentication) ? NoAuthentication
            : NoAcceptableMethod;
        if (method == NoAcceptableMethod)
        {
            Refuse(SocksRefusal.NoMethod, [Version, NoAcceptableMethod]);
            return;
        }

        _replies.Write([Version, method]);
        Enter(method == UserAndPassword ? Stage.Credential : Stage.Request);
    }

    private void RefuseForeignProtocol(byte first)
    {
        if (first == Socks4Version)
        {
            Refuse(SocksRefusal.Socks4, SocksReplies.Socks4Refused);
        }
        else if ("CDGHOPT"u8.Contains(first))
        {
            // CONNECT, DELETE, GET, HEAD, OPTIONS, POST, PUT, PATCH, TRACE.
            Refuse(SocksRefusal.HttpRequest, SocksReplies.Help);
        }
        else
        {
            Refuse(SocksRefusal.Malformed, []);
        }
    }

    private void ReadCredential(ReadOnlySpan<byte> message)
    {
        if (message[0] != CredentialVersion)
        {
            Refuse(SocksRefusal.Malformed, SocksReplies.CredentialMalformed);
            return;
        }

        if (message.Length < 2)
        {
            return;
        }

        var passwordAt = 2 + message[1] + 1;
        if (message.Length < passwordAt || message.Length < passwordAt + message[passwordAt - 1])
        {
            return;
        }

        _group = SocksIsolation.Of(message[2..(passwordAt - 1)], message[passwordAt..]);
        _replies.Write(SocksReplies.CredentialTaken);
        Enter(Stage.Request);
    }

    private void ReadRequest(ReadOnlySpan<byte> message)
    {
        var refusal = CheckHeader(message);
        if (refusal != SocksRefusal.None)
        {
            Refuse(refusal, SocksReplies.Refused(refusal));
            return;
        }

        if (message.Length <= RequestHeaderBytes)
        {
            return;
        }

        var type = (AddressType)message[RequestHeaderBytes - 1];
        var addressAt = type == AddressType.Name ? RequestHeaderBytes + 1 : RequestHeaderBytes;
        var addressBytes = type switch
        {
            AddressType.IPv4 => 4,
            AddressType.IPv6 => 16,
            _ => message[RequestHeaderBytes],
        };
        if (message.Length < addressAt + addressBytes + PortBytes && addressBytes > 0)
        {
            return;
        }

        // A name without a letter is refused before its port has come.
        string hostName = string.Empty;
        ExitTarget? exit = null;
        refusal = addressBytes == 0 ? SocksRefusal.Malformed : Judge(
            type,
            message.Slice(addressAt, addressBytes),
            BinaryPrimitives.ReadUInt16BigEndian(message[(addressAt + addressBytes)..]),
            out hostName,
            out exit);
        if (refusal != SocksRefusal.None)
        {
            Refuse(refusal, SocksReplies.Refused(refusal));
            return;
        }

        Request = new SocksRequest(hostName, _group, exit);
        Status = SocksStatus.Granted;
        Array.Clear(_message);
        if (exit is null)
        {
            // Of a target outside it is not known yet whether it can be reached.
            _replies.Write(SocksReplies.Granted);
        }
    }

    private SocksRefusal Judge(
        AddressType type, ReadOnlySpan<byte> address, ushort port, out string hostName, out ExitTarget? exit)
    {
        (hostName, exit) = (string.Empty, null);
        if (type != AddressType.Name)
        {
            if (!_hasExits || port == 0)
            {
                return _hasExits ? SocksRefusal.Port : SocksRefusal.AddressType;
            }

            exit = ExitTarget.Of(new IPAddress(address), port);
            return SocksRefusal.None;
        }

        return _hasExits
            ? TargetRules.CheckWithExits(address, port, out hostName, out exit)
            : TargetRules.Check(address, port, out hostName);
    }

    private static SocksRefusal CheckHeader(ReadOnlySpan<byte> message)
    {
        // The command is read before the reserved byte arrives, but answered after it: the order of the spec.
        if (message[0] != Version || (message.Length > 2 && message[2] != 0))
        {
            return SocksRefusal.Malformed;
        }

        if (message.Length > 2 && message[1] != Connect)
        {
            return SocksRefusal.Command;
        }

        return message.Length >= RequestHeaderBytes && !Enum.IsDefined((AddressType)message[3])
            ? SocksRefusal.AddressType
            : SocksRefusal.None;
    }

    private void Enter(Stage stage)
    {
        _stage = stage;
        _length = 0;
    }

    private void Refuse(SocksRefusal refusal, ReadOnlySpan<byte> reply)
    {
        Debug.Assert(Status == SocksStatus.Reading, "refused once");
        Refusal = refusal;
        Status = SocksStatus.Refused;
        Array.Clear(_message);
        _replies.Write(reply);
    }

    private enum AddressType : byte
    {
        IPv4 = 0x01,
        Name = 0x03,
        IPv6 = 0x04,
    }
}
