using System.Reflection;

namespace Veil.Simulation.Kernel;

/// <summary>Words for code that left the loop: what was to run, on which thread, and how it got there.</summary>
internal static class EscapeDescription
{
    /// <summary>A continuation that came back to <paramref name="context"/> from another thread.</summary>
    internal static string OfPost(SimulationContext context, SendOrPostCallback callback, object? state)
    {
        var what = state is Delegate inner ? Name(inner) : Name(callback);
        return $"a continuation of host '{context.Name}' came back from another thread; it would run {what}";
    }

    /// <summary>A call of <paramref name="member"/> from another thread.</summary>
    internal static string OfCall(string member) => $"'{member}' was called on another thread";

    private static string Name(Delegate action)
    {
        // The continuation of an async method is a delegate upon the box of its state machine, whose type has the name.
        var target = action.Target?.GetType();
        var machine = target?.GetGenericArguments().LastOrDefault();
        var type = machine ?? target ?? action.Method.DeclaringType;
        return machine is null ? $"{type?.FullName}.{action.GetMethodInfo().Name}" : $"{machine.FullName}";
    }
}
