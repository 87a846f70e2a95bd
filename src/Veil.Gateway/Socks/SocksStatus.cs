namespace Veil.Gateway.Socks;

/// <summary>Where a handshake stands.</summary>
public enum SocksStatus
{
    /// <summary>More bytes are needed.</summary>
    Reading,

    /// <summary>Done: serve <see cref="SocksHandshake.Request"/>.</summary>
    Granted,

    /// <summary>Over: send what is to be sent and close, because of <see cref="SocksHandshake.Refusal"/>.</summary>
    Refused,
}
