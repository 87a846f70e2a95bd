namespace Veil.Storage.Segments;

/// <summary>Reading that ends with a result.</summary>
internal sealed class ReadWork<T>(Func<T> read) : ReadWork
{
    private readonly Answer<T> _answer = new(read);

    public Task<T> Done => _answer.Done;

    /// <inheritdoc/>
    public override void Run() => _answer.Run();
}
