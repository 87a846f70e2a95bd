using Veil.Node.Measure;

namespace Veil.Bench.Streams;

/// <summary>A child process that stands for a server of the internet: synchronous sockets, a thread a connection. Its
/// first line is its port.</summary>
internal static class TargetServer
{
    internal const string Role = "target";

    // Hundreds of connections, each a loop and little else.
    private const int StackBytes = 256 * 1024;

    internal static void Play()
    {
        using var listener = PlainSocket.Listen();
        Console.WriteLine(listener.Port);
        while (true)
        {
            var connection = listener.Accept();
            new Thread(() => Serve(connection), StackBytes) { IsBackground = true }.Start();
        }
    }

    private static void Serve(PlainSocket connection)
    {
        using (connection)
        {
            try
            {
                var request = new byte[TargetRequest.Length];
                while (true)
                {
                    connection.ReceiveAll(request);
                    Answer(connection, TargetRequest.Read(request));
                }
            }
            catch (IOException)
            {
                // Whoever asked has gone.
            }
        }
    }

    private static void Answer(PlainSocket connection, TargetRequest request)
    {
        var buffer = new byte[RawCopy.BufferBytes];
        if (request.Kind == TargetKind.Echo)
        {
            while (connection.Receive(buffer) is > 0 and var count)
            {
                connection.SendAll(buffer.AsSpan(0, count));
            }

            return;
        }

        for (long sent = 0; sent < request.Bytes;)
        {
            if (request.Kind == TargetKind.SendNumbered)
            {
                NumberedBytes.Fill(buffer, sent);
            }

            int part = (int)Math.Min(buffer.Length, request.Bytes - sent);
            connection.SendAll(buffer.AsSpan(0, part));
            sent += part;
        }
    }
}
