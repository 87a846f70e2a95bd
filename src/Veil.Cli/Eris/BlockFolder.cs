using Veil.Cli.Output;
using Veil.Content.Keys;
using Veil.Wire;

namespace Veil.Cli.Eris;

/// <summary>Blocks as files named by their references (spec/block.md, section 6).</summary>
internal sealed class BlockFolder
{
    private const string PartMark = ".part-";

    private readonly string _path;

    private BlockFolder(string path) => _path = path;

    /// <summary>For writing: makes it where there is none.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal static BlockFolder Make(string path)
    {
        System.IO.Directory.CreateDirectory(path);
        return new BlockFolder(path);
    }

    /// <summary>For reading.</summary>
    /// <exception cref="CliFailure">There is none.</exception>
    internal static BlockFolder Open(string path) => System.IO.Directory.Exists(path)
        ? new BlockFolder(path)
        : throw new CliFailure(
            ExitCodes.Failed,
            "no_folder",
            $"there is no folder {path}",
            "name the folder with the blocks: --blocks DIR");

    /// <summary>The name of a block's file.</summary>
    internal static string NameOf(BlockRef reference) => Base32.Encode(reference.Value.AsSpan(), Base32Case.Upper);

    /// <summary>Puts a block there. Of a file that has its name already, only the length is looked at: another run's
    /// block is the same, and <c>verify</c> finds a damaged one.</summary>
    internal void Put(BlockRef reference, ReadOnlySpan<byte> block)
    {
        var file = new FileInfo(PathOf(reference));
        if (file.Exists && file.Length == block.Length)
        {
            return;
        }

        string part = file.FullName + PartMark + System.Environment.ProcessId;
        try
        {
            File.WriteAllBytes(part, block);
            File.Move(part, file.FullName, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    /// <summary>Reads a block; false when it is not there. A file that is longer than the buffer fills it.</summary>
    internal bool TryRead(BlockRef reference, Span<byte> buffer, out int length)
    {
        length = 0;
        try
        {
            using var handle = File.OpenHandle(PathOf(reference));
            for (int count; length < buffer.Length; length += count)
            {
                count = RandomAccess.Read(handle, buffer[length..], length);
                if (count == 0)
                {
                    break;
                }
            }

            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private string PathOf(BlockRef reference) => Path.Combine(_path, NameOf(reference));
}
