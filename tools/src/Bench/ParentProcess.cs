using System.Threading.Channels;

namespace Veil.Bench;

/// <summary>
/// The bench, as its child processes see it: a pipe on which a line means "go on", and whose end means that nobody is
/// left to take the child down.
/// </summary>
internal static class ParentProcess
{
    private const int MaxLines = 16;
    private const int Orphaned = 3;

    private static readonly Channel<string> _lines = Channel.CreateBounded<string>(MaxLines);

    /// <summary>Ends this process when the bench has ended, however that came.</summary>
    internal static void Watch() => new Thread(Listen) { IsBackground = true }.Start();

    /// <summary>Waits until the bench lets this process go on.</summary>
    internal static async Task WaitForLineAsync() => await _lines.Reader.ReadAsync();

    private static void Listen()
    {
        while (Console.In.ReadLine() is { } line)
        {
            // A bench says one line for each time that its child waits.
            _lines.Writer.TryWrite(line);
        }

        Environment.Exit(Orphaned);
    }
}
