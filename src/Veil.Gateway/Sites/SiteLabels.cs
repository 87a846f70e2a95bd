using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Veil.Content.Edge;
using Veil.Content.Keys;

namespace Veil.Gateway.Sites;

/// <summary>
/// Which label stands for which content key and isolation group (spec/gateway.md, section 3): the last used, in memory
/// only. Safe for concurrent use.
/// </summary>
internal sealed class SiteLabels
{
    /// <summary>Length of the per-install secret, in bytes.</summary>
    internal const int SecretBytes = 32;

    // 32 characters; a host name's label may have 63.
    private const int LabelBytes = 20;

    private readonly byte[] _secret;
    private readonly int _capacity;
    private readonly Lock _lock = new();

    // Both guarded by the lock. First in the list: used last.
    private readonly Dictionary<string, LinkedListNode<Entry>> _byLabel = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();

    internal SiteLabels(ReadOnlySpan<byte> secret, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        if (secret.Length != SecretBytes)
        {
            throw new ArgumentException($"expected {SecretBytes} bytes, got {secret.Length}", nameof(secret));
        }

        _secret = secret.ToArray();
        _capacity = capacity;
    }

    /// <summary>The label of a key in a group; it is known from now on.</summary>
    internal string Add(ContentKey key, IsolationGroup group)
    {
        var label = Compute(key, group);
        lock (_lock)
        {
            if (_byLabel.TryGetValue(label, out var known))
            {
                Touch(known);
                return label;
            }

            if (_byLabel.Count == _capacity)
            {
                _byLabel.Remove(_byUse.Last!.Value.Label);
                _byUse.RemoveLast();
            }

            _byLabel.Add(label, _byUse.AddFirst(new Entry(label, key, group)));
            return label;
        }
    }

    /// <summary>Finds the key; false for a label that is unknown, forgotten or another group's.</summary>
    internal bool TryFind(string label, IsolationGroup group, [NotNullWhen(true)] out ContentKey? key)
    {
        lock (_lock)
        {
            if (_byLabel.TryGetValue(label, out var known) && known.Value.Group == group)
            {
                Touch(known);
                key = known.Value.Key;
                return true;
            }
        }

        key = null;
        return false;
    }

    private void Touch(LinkedListNode<Entry> known)
    {
        _byUse.Remove(known);
        _byUse.AddFirst(known);
    }

    private string Compute(ContentKey key, IsolationGroup group)
    {
        var name = Encoding.UTF8.GetBytes(group.Name);
        var text = Encoding.UTF8.GetBytes(key.Format());
        var message = new byte[sizeof(uint) + name.Length + text.Length];
        BinaryPrimitives.WriteUInt32BigEndian(message, (uint)name.Length);
        name.CopyTo(message, sizeof(uint));
        text.CopyTo(message, sizeof(uint) + name.Length);
        Span<byte> code = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, message, code);
        CryptographicOperations.ZeroMemory(message);
        CryptographicOperations.ZeroMemory(text);
        return Base32.Encode(code[..LabelBytes], Base32Case.Lower);
    }

    private readonly record struct Entry(string Label, ContentKey Key, IsolationGroup Group);
}
