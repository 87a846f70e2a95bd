using System.CommandLine;
using Veil.Cli.Names;
using Veil.Cli.Output;
using Veil.Content.Keys;
using Veil.Content.Manifests;
using Veil.Content.Names;
using Veil.Content.Stripes;
using Veil.Node.Control;

namespace Veil.Cli.Commands;

/// <summary>How something is to be shared: the options of `veil add` and `veil publish`.</summary>
internal sealed class ShareInput
{
    private readonly Option<bool> _secrets = new("--allow-secrets")
    {
        Description = "share it although it looks like keys, passwords or a whole home folder",
    };

    private readonly Option<bool> _clean = new("--strip-metadata")
    {
        Description = "leave out what pictures (JPEG, PNG, GIF, WebP) say beside the picture: place, time, camera, "
            + "comments, previews, colour profiles; the picture stays as it is. Files that it cannot be taken out of, "
            + "such as films, PDF and HEIC, are refused",
    };

    private readonly Option<string> _redundancy = new("--redundancy")
    {
        Description = "how much of it may be lost: of the 48 shares of each half MiB 32 with full, which takes three "
            + "times its size at the stores; 16 of 32 with half, twice; 8 of 24 with quarter, one and a half times. "
            + "Less goes faster and outlives fewer stores",
        HelpName = string.Join('|', ParityLevelText.All),
        DefaultValueFactory = _ => ParityLevelText.Format(ParityLevel.Full),
    };

    private readonly Option<string?> _licence = new("--licence")
    {
        Description = "say that it is under this licence: an SPDX expression, as CC-BY-4.0 or \"MIT OR Apache-2.0\"; "
            + "whether the ids exist is not checked",
        HelpName = "SPDX",
    };

    private readonly Option<string?> _holder = new("--rights-holder")
    {
        Description = "say who has the rights, in one line",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _sign = new("--sign")
    {
        Description = "sign it with this key of veil key: whoever has the content key then learns that name's address, "
            + "all that is published under it, and that all content signed with it is by one signer",
        HelpName = "NAME",
    };

    private readonly KeyInput _previous = KeyInput.OfOption(
        "previous",
        "link to the version before: its key, a name for what it stands for now, or - for standard input. Whoever "
        + "gets the new key can then read the old version, too");

    /// <summary>The passphrase of keys that have one.</summary>
    internal PassphraseInput Passphrase { get; } = new();

    internal ShareInput() => _redundancy.CompletionSources.Add([.. ParityLevelText.All]);

    /// <summary>All options.</summary>
    internal IEnumerable<Symbol> Symbols =>
        [_secrets, _clean, _redundancy, _licence, _holder, _sign, .. _previous.Symbols, Passphrase.Symbol];

    /// <summary>What was given, checked; opens the key that signs.</summary>
    /// <param name="invocation">The command.</param>
    /// <param name="path">What is shared.</param>
    /// <param name="own">The key that is open already, and what it is called here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CliFailure">Something of it cannot be.</exception>
    internal async Task<ShareRequest> ReadAsync(
        Invocation invocation,
        string path,
        (string Name, NameKey Key)? own,
        CancellationToken cancellationToken)
    {
        string? licence = invocation.Parsed.GetValue(_licence);
        string? holder = invocation.Parsed.GetValue(_holder);
        Refuse("bad_licence", licence is null ? null : SpdxExpression.FaultOf(licence));
        Refuse("bad_rights_holder", holder is null ? null : RightsHolder.FaultOf(holder));
        string? signer = invocation.Parsed.GetValue(_sign);
        if (!ParityLevelText.TryParse(invocation.Parsed.GetValue(_redundancy), out var level))
        {
            Refuse("bad_redundancy", $"redundancy is one of: {string.Join(", ", ParityLevelText.All)}");
        }

        return new ShareRequest(path)
        {
            AllowSecrets = invocation.Parsed.GetValue(_secrets),
            Clean = invocation.Parsed.GetValue(_clean),
            Level = level,
            Statements = new ManifestStatements
            {
                Licence = licence,
                RightsHolder = holder,
                Previous = _previous.IsGiven(invocation)
                    ? await ReadPreviousAsync(invocation, cancellationToken)
                    : null,
            },
            Signer = signer is null ? null
                : signer == own?.Name ? own.Value.Key
                : KeyCommand.Open(invocation, signer, Passphrase),
        };
    }

    private async Task<ContentKey> ReadPreviousAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        string text = await _previous.ReadTargetAsync(invocation, cancellationToken);
        if (NameAddress.IsMeant(text))
        {
            using var client = invocation.Connect();
            var found = await client.ResolveAsync(text, cancellationToken);
            text = found.Key ?? throw new CliFailure(
                ExitCodes.VerificationFailed, "name_forked", "the name stands for two things at once",
                "name the version before by its key");
        }

        return ContentKey.TryParse(text, out var key, out var error)
            ? key
            : throw new CliFailure(ExitCodes.Usage, "bad_key", error.Message, "paste the key again, the whole of it");
    }

    private static void Refuse(string code, string? fault)
    {
        if (fault is not null)
        {
            throw new CliFailure(ExitCodes.Usage, code, fault, "veil add --help says what is taken; nothing was sent");
        }
    }
}

/// <summary>What is to be shared, and how.</summary>
/// <param name="Path">The file or folder.</param>
internal sealed record ShareRequest(string Path)
{
    /// <summary>Although it looks like keys or passwords.</summary>
    internal required bool AllowSecrets { get; init; }

    /// <summary>Without the metadata of pictures.</summary>
    internal required bool Clean { get; init; }

    /// <summary>Parity of its stripes.</summary>
    internal required ParityLevel Level { get; init; }

    /// <summary>What its manifest is to say.</summary>
    internal required ManifestStatements Statements { get; init; }

    /// <summary>Signs it; for the caller to dispose. Null for nobody.</summary>
    internal required NameKey? Signer { get; init; }
}
