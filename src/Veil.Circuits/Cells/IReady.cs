namespace Veil.Circuits.Cells;

/// <summary>What a thing in a <see cref="ReadyStack{T}"/> lends to it.</summary>
internal interface IReady<T>
{
    /// <summary>1 while it stands in the stack.</summary>
    ref int Flag { get; }

    /// <summary>The thing below.</summary>
    T? NextReady { get; set; }
}
