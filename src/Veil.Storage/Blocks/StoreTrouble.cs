namespace Veil.Storage.Blocks;

/// <summary>Why a store does not take new blocks at present; it goes on serving those it has.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="Message">With what a person can do about it.</param>
public sealed record StoreTrouble(StorageFault Fault, string Message);
