using Veil.Cli.Commands;

namespace Veil.Cli.Doctor;

/// <summary>How bad a finding is.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Worth knowing.</summary>
    Warn,

    /// <summary>Something does not work, or will not.</summary>
    Fail,
}

/// <summary>What one check found.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Verdict">How bad.</param>
/// <param name="Message">What is so.</param>
/// <param name="Hint">What to do; empty when nothing is.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Message, string Hint = "")
{
    /// <summary>For `--json`.</summary>
    internal DoctorLine ToLine() => new(Check, Verdict.ToString().ToLowerInvariant(), Message, Hint);
}
