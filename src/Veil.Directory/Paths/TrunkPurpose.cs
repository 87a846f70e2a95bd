namespace Veil.Directory.Paths;

/// <summary>What a trunk is for: it decides guard and second hop (spec/directory.md, section 6).</summary>
public enum TrunkPurpose
{
    /// <summary>Names, pages, services: the first guard only, so that one relay sees the user's rhythm.</summary>
    Interactive,

    /// <summary>Reading blocks: both guards.</summary>
    Fetch,

    /// <summary>Publishing, keeping or serving: both guards, and the second hop from the small fixed set.</summary>
    Publish,
}
