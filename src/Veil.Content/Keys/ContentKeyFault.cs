namespace Veil.Content.Keys;

/// <summary>What is wrong with a text that should be a content key (spec/content-key.md, section 3).</summary>
public enum ContentKeyFault
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Does not begin with <c>veil:</c>.</summary>
    MissingPrefix,

    /// <summary>A character that no key contains.</summary>
    ForeignCharacter,

    /// <summary>Too short or too long.</summary>
    WrongLength,

    /// <summary>The checksum does not agree.</summary>
    Mistyped,

    /// <summary>A capability over blocks that Veil does not store.</summary>
    WrongBlockSize,
}

/// <summary>A fault and a sentence for the person who typed; the sentence contains no part of the key.</summary>
/// <param name="Fault">Which.</param>
/// <param name="Message">Lower case, no full stop.</param>
public readonly record struct ContentKeyError(ContentKeyFault Fault, string Message);
