using System.CommandLine;
using System.Security.Cryptography;
using Veil.Cli.Commands;
using Veil.Cli.Output;
using Veil.Content.Names;
using Veil.Node.Names;
using Veil.Noise.Seams;

namespace Veil.Cli.Names;

/// <summary>`veil key`: the keys of the user's names. Works on files: no node is asked.</summary>
internal static class KeyCommand
{
    internal const string Name = "key";

    internal static Command Create(CommandFrame frame) => new(
        Name,
        "Keys of names: make, list, export, import, remove. Whoever has a key publishes under its name; what is "
        + "published changes, the name stays. A key lies in a file of the data folder that only you can read.\n\n"
        + "Examples:\n  veil key new blog\n  veil publish blog page.html\n  veil key export blog blog.key")
    {
        CreateNew(frame),
        CreateList(frame),
        CreateExport(frame),
        CreateImport(frame),
        CreateRemove(frame),
    };

    /// <summary>The keys of the data folder.</summary>
    internal static NameKeyFolder FolderOf(Invocation invocation) => new(invocation.Paths, new SystemSecretSource());

    /// <summary>Opens a key, for the caller to dispose; asks for its passphrase where it has one.</summary>
    internal static NameKey Open(Invocation invocation, string name, PassphraseInput passphrase)
    {
        var folder = FolderOf(invocation);
        byte[] secret = folder.NeedsPassphrase(name) ? passphrase.Read(invocation, isNew: false) : [];
        try
        {
            return folder.Open(name, secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The argument that names a key.</summary>
    internal static Argument<string> NameArgument() =>
        new("NAME") { Description = "what the key is called on this machine", HelpName = "NAME" };

    private static Command CreateNew(CommandFrame frame)
    {
        var name = NameArgument();
        var protect = new Option<bool>("--passphrase")
        {
            Description = "protect the file with a passphrase, which is then asked for whenever you publish",
        };
        var passphrase = new PassphraseInput();
        return frame.Create(
            "new",
            "Make a key and print its name for others: 56 characters and .veil.\n\n"
            + "Examples:\n  veil key new blog\n  veil key new blog --passphrase",
            [name, protect, passphrase.Symbol],
            (invocation, _) =>
            {
                string called = invocation.Parsed.GetRequiredValue(name);
                bool isProtected = invocation.Parsed.GetValue(protect) || passphrase.IsGiven(invocation);
                byte[]? secret = isProtected ? passphrase.Read(invocation, isNew: true) : null;
                try
                {
                    Print(invocation, called, FolderOf(invocation).Create(called, secret));
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(secret);
                }

                invocation.Voice.Say(
                    $"keep a copy elsewhere: veil key export {called} FILE; without it, a lost disk is a lost name");
                return Task.FromResult(ExitCodes.Done);
            });
    }

    private static Command CreateList(CommandFrame frame) => frame.Create(
        "ls",
        "List the keys of this data folder: name, name for others, whether it has a passphrase.\n\n"
        + "Examples:\n  veil key ls\n  veil key ls --json",
        [],
        (invocation, _) =>
        {
            var keys = FolderOf(invocation).List();
            var result = new KeyListResult([.. keys.Select(
                key => new KeyLine(key.Name, key.Address?.Format(), key.HasPassphrase, key.Problem))]);
            invocation.Voice.Print(result, NameResultJson.Default.KeyListResult, output =>
            {
                foreach (var key in result.Keys)
                {
                    output.WriteLine(string.Join(
                        '\t', key.Name, key.Address ?? "-", key.Passphrase ? "passphrase" : key.Problem ?? "-"));
                }
            });
            if (keys.Count == 0)
            {
                invocation.Voice.Say("there are no keys here; veil key new NAME makes one");
            }

            return Task.FromResult(ExitCodes.Done);
        });

    private static Command CreateExport(CommandFrame frame)
    {
        var name = NameArgument();
        var file = new Argument<string>("FILE") { Description = "where it goes; must not be there", HelpName = "FILE" };
        return frame.Create(
            "export",
            "Copy a key to a file. Without a passphrase, whoever gets the file can publish under the name.\n\n"
            + "Examples:\n  veil key export blog /media/stick/blog.key",
            [name, file],
            (invocation, _) =>
            {
                string called = invocation.Parsed.GetRequiredValue(name);
                string path = invocation.Parsed.GetRequiredValue(file);
                if (path == "-")
                {
                    throw new CliFailure(
                        ExitCodes.Usage, "usage", "a key is not written to standard output, where it is seen",
                        "name a file; ./- is one that is called -");
                }

                var address = FolderOf(invocation).Export(called, path);
                Print(invocation, called, address);
                return Task.FromResult(ExitCodes.Done);
            });
    }

    private static Command CreateImport(CommandFrame frame)
    {
        var file = new Argument<string>("FILE") { Description = "what export wrote; mode 600", HelpName = "FILE" };
        var name = new Option<string?>("--name")
        {
            Description = "what to call it here (default: the file's name without .key)",
            HelpName = "NAME",
        };
        return frame.Create(
            "import",
            "Take a key that was exported. Two machines that publish under one name at a time make a fork, which every "
            + "reader is shown: use one.\n\n"
            + "Examples:\n  veil key import blog.key\n  veil key import old.key --name blog",
            [file, name],
            (invocation, _) =>
            {
                string path = invocation.Parsed.GetRequiredValue(file);
                string called = invocation.Parsed.GetValue(name) ?? Path.GetFileNameWithoutExtension(path);
                Print(invocation, called, FolderOf(invocation).Import(called, path));
                return Task.FromResult(ExitCodes.Done);
            });
    }

    private static Command CreateRemove(CommandFrame frame)
    {
        var name = NameArgument();
        return frame.Create(
            "rm",
            "Remove a key from this machine. It cannot be made again: unless you exported it, nobody can ever publish "
            + "under the name. What was published stays until its last signed day.\n\nExamples:\n  veil key rm blog",
            [name],
            (invocation, _) =>
            {
                string called = invocation.Parsed.GetRequiredValue(name);
                Print(invocation, called, FolderOf(invocation).Remove(called));
                invocation.Voice.Say($"removed {called}");
                return Task.FromResult(ExitCodes.Done);
            });
    }

    private static void Print(Invocation invocation, string name, NameAddress address) => invocation.Voice.Print(
        new KeyResult(name, address.Format()),
        NameResultJson.Default.KeyResult,
        output => output.WriteLine(address.Format()));
}
