using Veil.Content.Keys;
using Veil.Content.Manifests;
using Veil.Content.Names;

namespace Veil.Node.Control;

/// <summary>What the body of add begins with (spec/control.md, section 2.1).</summary>
/// <param name="Licence">See <see cref="SpdxExpression"/>.</param>
/// <param name="RightsHolder">See <see cref="Veil.Content.Manifests.RightsHolder"/>.</param>
/// <param name="Previous">A content key.</param>
/// <param name="Signer">Address of the name that will sign.</param>
public sealed record AddStatements(
    string? Licence = null,
    string? RightsHolder = null,
    string? Previous = null,
    string? Signer = null)
{
    /// <summary>The longest, in bytes of JSON.</summary>
    internal const int MaxBytes = 4096;

    /// <summary>Of what is sent; null where nothing is said and nobody signs.</summary>
    internal static AddStatements? Of(AddFile file)
    {
        var said = file.Statements;
        return said == ManifestStatements.None && file.Signer is null
            ? null
            : new AddStatements(
                said.Licence, said.RightsHolder, said.Previous?.Format(), file.Signer?.Address.Format());
    }

    /// <summary>As a manifest says it.</summary>
    /// <exception cref="ControlException">Something breaks spec/manifest.md, section 7.</exception>
    internal ManifestStatements ToStatements()
    {
        if (Licence is not null && SpdxExpression.FaultOf(Licence) is { } wrongLicence)
        {
            throw ControlErrors.BadStatement("bad_licence", wrongLicence);
        }

        if (RightsHolder is not null && Content.Manifests.RightsHolder.FaultOf(RightsHolder) is { } wrongHolder)
        {
            throw ControlErrors.BadStatement("bad_rights_holder", wrongHolder);
        }

        ContentKey? previous = null;
        if (Previous is not null && !ContentKey.TryParse(Previous, out previous, out var error))
        {
            throw ControlErrors.BadKey(error);
        }

        var statements = new ManifestStatements
        {
            Licence = Licence,
            RightsHolder = RightsHolder,
            Previous = previous,
        };
        return statements.IsPossible ? statements : throw ControlErrors.BadRequest();
    }

    /// <summary>The name that will sign, or null.</summary>
    /// <exception cref="ControlException">It is none.</exception>
    internal NameAddress? ToSigner() => Signer is null ? null : NameEndpoints.Parse(Signer);
}
