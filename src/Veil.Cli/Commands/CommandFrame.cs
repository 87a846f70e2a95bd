using System.CommandLine;
using System.Net.Sockets;
using Veil.Cli.Output;
using Veil.Node.Configuration;
using Veil.Node.Control;
using Veil.Node.Names;

namespace Veil.Cli.Commands;

/// <summary>
/// What commands share: <c>--json</c>, <c>--data</c> where they concern a node, and what becomes of failures, so that
/// each ends with one error, one hint and the exit code that scripts rely on.
/// </summary>
internal sealed class CommandFrame(Terminal terminal)
{
    // EPIPE, which Linux and macOS call alike, and ERROR_NO_DATA.
    private static readonly int[] _closed = [32, unchecked((int)0x800700E8)];

    /// <summary>Makes a command that concerns a node.</summary>
    /// <param name="name">What is typed.</param>
    /// <param name="description">What it does; then, after an empty line, its examples.</param>
    /// <param name="symbols">Its own arguments and options.</param>
    /// <param name="run">Does it; returns the exit code.</param>
    internal Command Create(
        string name,
        string description,
        IEnumerable<Symbol> symbols,
        Func<Invocation, CancellationToken, Task<int>> run)
    {
        var data = new Option<string?>("--data")
        {
            Description = "the node's data folder (default: VEIL_DATA, else the platform's usual place)",
            HelpName = "DIR",
        };
        return CreateAlone(
            name,
            description,
            [.. symbols, data],
            (invocation, cancellationToken) => run(
                invocation with { Paths = DataPaths.Choose(invocation.Parsed.GetValue(data)) }, cancellationToken));
    }

    /// <summary>Makes a command that needs no node.</summary>
    /// <inheritdoc cref="Create"/>
    internal Command CreateAlone(
        string name,
        string description,
        IEnumerable<Symbol> symbols,
        Func<Invocation, CancellationToken, Task<int>> run)
    {
        var json = new Option<bool>("--json") { Description = "print exactly one JSON object" };
        var command = new Command(name, description);
        foreach (var symbol in symbols.Append(json))
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            var voice = new Voice(parsed.GetValue(json), terminal);
            var invocation = new Invocation(parsed, terminal, voice, DataPaths.Choose(null));
            return GuardAsync(voice, () => run(invocation, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static async Task<int> GuardAsync(
        Voice voice,
        Func<Task<int>> run,
        CancellationToken cancellationToken)
    {
        try
        {
            return await run();
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return voice.Fail(new CliFailure(
                ExitCodes.Interrupted, "interrupted", "interrupted",
                    "run it again; add and get go on from where they were, if that is still there"));
        }
        catch (CliFailure failure)
        {
            return voice.Fail(failure);
        }
        catch (ControlException told)
        {
            var error = told.Error;
            return voice.Fail(new CliFailure(ExitCodes.Of(error.Code), error.Code, error.Message, error.Hint));
        }
        catch (NameKeyException fault)
        {
            return voice.Fail(new CliFailure(ExitCodes.Of(fault.Code), fault.Code, fault.Message, fault.Hint));
        }
        catch (NodeStartException mistake)
        {
            return voice.Fail(CliFailure.Of(mistake));
        }
        catch (SocketException unreachable)
        {
            return voice.Fail(new CliFailure(
                ExitCodes.NotRunning, ControlClient.NotRunning, unreachable.Message, "start a node with veil run"));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return voice.Fail(Failure(fault));
        }
    }

    /// <summary>What is said of a file or stream that failed.</summary>
    internal static CliFailure Failure(Exception fault) => _closed.Contains(fault.HResult)
        ? new CliFailure(
            ExitCodes.Failed, "output_closed", "standard output was closed before all was written",
            "nothing more is fetched; run it again if you want the rest")
        : new CliFailure(
            ExitCodes.Failed, "io", fault.Message, "check the path, your rights, and that the disk is not full");
}
