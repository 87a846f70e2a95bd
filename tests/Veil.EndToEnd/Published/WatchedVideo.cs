using System.Globalization;
using Veil.EndToEnd.Clients;
using Xunit;

namespace Veil.EndToEnd.Published;

/// <summary>
/// A video in Chromium's own viewer, watched by what its element says. No script runs in such a page (spec/gateway.md,
/// section 5), timers and handlers neither: it is asked again and again.
/// </summary>
internal sealed class WatchedVideo(Chromium chromium, string page)
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    /// <summary>What was on the screen last, as PNG.</summary>
    internal byte[] Screen { get; private set; } = [];

    /// <summary>Its length in seconds, once it is known.</summary>
    internal Task<double> LengthAsync() => WaitAsync("video.duration", _ => true);

    /// <summary>Lets it play for a second.</summary>
    /// <returns>Where it is then, in seconds.</returns>
    internal async Task<double> PlayAsync()
    {
        var start = await WaitAsync("video.currentTime", _ => true);
        await chromium.EvaluateAsync(page, "void document.querySelector('video').play()");
        return await WaitAsync("video.currentTime", place => place > start + 1);
    }

    /// <summary>Stops, and goes to a second.</summary>
    /// <returns>Where it is then, in seconds.</returns>
    internal async Task<double> SeekAsync(int second)
    {
        await chromium.EvaluateAsync(
            page,
            string.Create(
                CultureInfo.InvariantCulture,
                $"(v => {{ v.pause(); v.currentTime = {second}; }})(document.querySelector('video'))"));
        return await WaitAsync("video.seeking ? 0 : video.currentTime", place => place > 0);
    }

    private async Task<double> WaitAsync(string expression, Func<double, bool> holds)
    {
        using var limit = new CancellationTokenSource(_limit, TimeProvider.System);
        while (true)
        {
            var said = await LookAsync(expression);
            if (said is >= 0 && holds(said.Value))
            {
                return said.Value;
            }

            Assert.False(limit.IsCancellationRequested, $"{expression} stays {said}");
        }
    }

    // Null while one page gives way to the next.
    private async Task<double?> LookAsync(string expression)
    {
        try
        {
            // A photograph is pause enough.
            Screen = await chromium.PhotographAsync(page);
            var error = await chromium.EvaluateAsync(page, "document.querySelector('video')?.error?.message ?? ''");
            Assert.Equal("", error!.GetValue<string>());
            var value = await chromium.EvaluateAsync(
                page,
                $"(video => video && video.readyState >= 1 ? ({expression}) : -1)(document.querySelector('video'))");
            return value!.GetValue<double>();
        }
        catch (IOException)
        {
            return null;
        }
    }
}
