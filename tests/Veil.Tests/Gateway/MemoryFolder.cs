using System.Text;
using Veil.Content.Edge;
using Veil.Content.Folders;
using Veil.Content.Manifests;
using Veil.Content.Names;
using Xunit;

namespace Veil.Tests.Gateway;

/// <summary>A folder in memory.</summary>
internal sealed class MemoryFolder : ContentObject
{
    private readonly byte[] _bytes;
    private readonly FolderIndex _index;

    public MemoryFolder(string name, params (string Path, string Text)[] files)
    {
        Name = name;
        _bytes = [.. files.SelectMany(file => Encoding.UTF8.GetBytes(file.Text))];
        FolderEntry[] entries =
        [
            .. files.Select(file => (file.Path, Bytes: Encoding.UTF8.GetBytes(file.Text)))
                .Select(file => new FolderEntry(file.Path, file.Bytes.Length, EntityDigest.Of(file.Bytes))),
        ];
        Assert.True(FolderIndex.TryCreate(entries, out var index));
        _index = index;
    }

    public override string Name { get; }

    public override string MimeType => Manifest.FolderType;

    public override long Length => _bytes.Length;

    public override bool IsFolder => true;

    public override ManifestStatements Statements => Said;

    public override NameAddress? Signer => SignedBy;

    /// <summary>What its publisher says.</summary>
    public ManifestStatements Said { get; init; } = ManifestStatements.None;

    /// <summary>Who signed it.</summary>
    public NameAddress? SignedBy { get; init; }

    public override string EntityTag => new('0', 64);

    public override Task<FolderIndex> ReadIndexAsync(CancellationToken cancellationToken) => Task.FromResult(_index);

    public override async Task CopyRangeAsync(
        long offset,
        long count,
        Stream destination,
        CancellationToken cancellationToken) =>
        await destination.WriteAsync(_bytes.AsMemory((int)offset, (int)count), cancellationToken);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
