using Xunit;

namespace Veil.Tests.Rig;

/// <summary>Waits for what other tasks bring about, without a guess how long that takes.</summary>
internal static class Eventually
{
    /// <summary>Yields until the condition holds; fails when it does not within a generous limit.</summary>
    internal static async Task HoldsAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, $"never came about: {what}");
            await Task.Yield();
        }
    }

    /// <summary>Lets everything that can run now run: nothing more is expected to happen after it.</summary>
    internal static async Task SettlesAsync(Func<long> observed)
    {
        long before = observed();
        for (int quiet = 0; quiet < 2_000; quiet++)
        {
            await Task.Yield();
            long now = observed();
            quiet = now == before ? quiet : 0;
            before = now;
        }
    }
}
