using System.CommandLine;

namespace Veil.Tools.Simulate;

/// <summary>Experiments of spec/privacy.md, sections 4 and 5: what attackers learn from the product's own
/// traffic.</summary>
internal static class PrivacyCommand
{
    /// <summary>Makes the command.</summary>
    internal static Command Create()
    {
        Option<ulong> seed = new("--seed") { Description = "From which all follows.", DefaultValueFactory = _ => 1 };
        return new Command("privacy", "Measures what attackers learn from records: see spec/privacy.md.")
        {
            LinkerCommand.Create(seed),
            ThirdHopCommand.Create(seed),
        };
    }
}
