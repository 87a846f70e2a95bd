using Spectre.Console;

namespace Veil.Cli.Output;

/// <summary>One bar on standard error that says what it waits for; nothing at all where no person reads it.</summary>
internal sealed class ProgressLine
{
    private ProgressTask? _task;

    /// <summary>Does the work with the bar on the screen.</summary>
    internal static async Task<T> ShowAsync<T>(Voice voice, Func<ProgressLine, Task<T>> work)
    {
        var line = new ProgressLine();
        if (!voice.Draws)
        {
            return await work(line);
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress()
            .AutoClear(true)
            .HideCompleted(false)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn
            {
                Alignment = Justify.Left,
            })
            .StartAsync(context =>
            {
                line._task = context.AddTask("connecting to the node", maxValue: 1);
                return work(line);
            });
    }

    /// <summary>Says how far it is.</summary>
    /// <param name="text">What is being waited for.</param>
    /// <param name="done">Of <paramref name="total"/>.</param>
    /// <param name="total">In the same unit.</param>
    internal void Set(string text, long done, long total)
    {
        if (_task is { } task)
        {
            task.MaxValue = Math.Max(1, total);
            task.Value = total == 0 ? 1 : done;
            task.Description = Markup.Escape(text);
        }
    }
}
