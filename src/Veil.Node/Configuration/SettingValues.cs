using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Veil.Wire.Documents;

namespace Veil.Node.Configuration;

/// <summary>Takes values one by one and collects what is wrong with them, so that all of it can be said at
/// once.</summary>
internal sealed class SettingValues(IConfiguration source)
{
    private readonly List<SettingProblem> _problems = [];

    /// <summary>What is wrong so far.</summary>
    internal IReadOnlyList<SettingProblem> Problems => _problems;

    /// <summary>Notes a mistake.</summary>
    internal void Fault(string setting, string message) => _problems.Add(new SettingProblem(setting, message));

    /// <summary>The text of a setting, or null where it is absent or blank.</summary>
    internal string? Text(string setting) => source[setting]?.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>An address with port.</summary>
    internal IPEndPoint? EndPoint(string setting, string? fallback, bool anyPort)
    {
        string? text = Text(setting) ?? fallback;
        if (text is null)
        {
            return null;
        }

        // IPEndPoint reads "1" and "10.1:5" as addresses: only what it writes the same way is one.
        if (IPEndPoint.TryParse(text, out var endPoint) && endPoint.ToString() == text
            && (anyPort || endPoint.Port != 0))
        {
            return endPoint;
        }

        Fault(setting, $"\"{text}\" is no address: write an IP address and a port, like 192.0.2.1:9301 or "
            + $"[2001:db8::1]:9301");
        return null;
    }

    /// <summary>An address on loopback, so that nobody else can reach it.</summary>
    internal IPEndPoint? Loopback(string setting, string? fallback, string danger)
    {
        var endPoint = EndPoint(setting, fallback, anyPort: true);
        if (endPoint is null || IPAddress.IsLoopback(endPoint.Address))
        {
            return endPoint;
        }

        Fault(setting, $"{endPoint} can be reached by others, {danger}: name a loopback address like "
            + $"127.0.0.1:{endPoint.Port}");
        return null;
    }

    /// <summary>An address for the directory.</summary>
    internal NetworkAddress? Advertised(string setting)
    {
        string? text = Text(setting);
        if (text is null)
        {
            return null;
        }

        if (NetworkAddress.TryParse(text, out var address))
        {
            return address;
        }

        Fault(setting, $"\"{text}\" is no address that others could reach: write it like 192.0.2.1:9301 or "
            + $"[2001:db8::1]:9301");
        return null;
    }

    /// <summary>An IP address without port.</summary>
    internal IPAddress? Address(string setting)
    {
        string? text = Text(setting);
        if (text is null)
        {
            return null;
        }

        if (IPAddress.TryParse(text, out var address) && address.ToString() == text)
        {
            return address;
        }

        Fault(setting, $"\"{text}\" is no IP address");
        return null;
    }

    /// <summary>A size within bounds.</summary>
    internal long Size(string setting, long fallback, long least, long most)
    {
        string? text = Text(setting);
        if (text is null)
        {
            return fallback;
        }

        if (!ByteSize.TryParse(text, out long bytes))
        {
            Fault(setting, $"\"{text}\" is no size: write it like 524288, 512KiB, 10GiB");
        }
        else if (bytes < least || bytes > most)
        {
            Fault(setting, $"{text} is out of range: {ByteSize.Format(least)} to {ByteSize.Format(most)}");
        }
        else
        {
            return bytes;
        }

        return fallback;
    }

    /// <summary>A whole number within bounds.</summary>
    internal long Number(string setting, long fallback, long least, long most)
    {
        string? text = Text(setting);
        if (text is null)
        {
            return fallback;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= least && number <= most)
        {
            return number;
        }

        Fault(setting, $"\"{text}\" is not a whole number from {least} to {most}");
        return fallback;
    }

    /// <summary>True or false.</summary>
    internal bool Switch(string setting, bool fallback)
    {
        string? text = Text(setting);
        if (text is null || bool.TryParse(text, out fallback))
        {
            return fallback;
        }

        Fault(setting, $"\"{text}\" is neither true nor false");
        return fallback;
    }
}
