namespace Veil.Bench;

/// <summary>One bench: a file of its own, listed in Program.cs. Its processes are children of this one.</summary>
internal interface IBench
{
    /// <summary>What stands after <c>tools/bench</c>.</summary>
    string Name { get; }

    /// <summary>One line for the usage text.</summary>
    string Summary { get; }

    /// <summary>Measures in child processes.</summary>
    BenchReport Run();

    /// <summary>What a child process of this bench does; writes its figures to standard output.</summary>
    /// <param name="role">The part that the child plays.</param>
    /// <param name="arguments">What the bench gave to <see cref="ChildProcess"/>.</param>
    Task PlayAsync(string role, string[] arguments);
}
