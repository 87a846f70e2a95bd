using System.Text;

namespace Veil.Cli.Output;

/// <summary>Lets a person type what nobody may read over their shoulder.</summary>
internal static class ConsoleSecret
{
    private const int MaxCharacters = 1024;

    /// <summary>What was typed up to enter; null where standard input is no terminal.</summary>
    internal static string? Ask(string question)
    {
        if (Console.IsInputRedirected)
        {
            return null;
        }

        Console.Error.Write(question);
        var typed = new StringBuilder(MaxCharacters);
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
            {
                Console.Error.WriteLine();
                return typed.ToString();
            }

            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar) && typed.Length < MaxCharacters)
            {
                typed.Append(key.KeyChar);
            }
        }
    }
}
