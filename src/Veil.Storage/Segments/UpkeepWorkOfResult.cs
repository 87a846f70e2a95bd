namespace Veil.Storage.Segments;

/// <summary>Upkeep that ends with a result.</summary>
internal sealed class UpkeepWork<T>(Func<T> step) : UpkeepWork
{
    private readonly Answer<T> _answer = new(step);

    public Task<T> Done => _answer.Done;

    /// <inheritdoc/>
    public override void Run() => _answer.Run();

    /// <inheritdoc/>
    public override void Fail(Exception exception) => _answer.Fail(exception);
}
