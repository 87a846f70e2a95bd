using System.Diagnostics;

namespace Veil.Wire.Store;

/// <summary>
/// The asker's side of request ids (spec/store.md, section 2): gives them out, bounds how many are under way,
/// and says which replies may come. Not safe for concurrent use.
/// </summary>
public sealed class StorePendingRequests
{
    private readonly Dictionary<uint, StoreFrameType> _pending;
    private readonly int _maxInFlight;
    private uint _last;

    /// <summary>Nothing under way.</summary>
    /// <param name="maxInFlight">1 to <see cref="StoreLayout.MaxInFlight"/>.</param>
    public StorePendingRequests(int maxInFlight = StoreLayout.MaxInFlight)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxInFlight);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxInFlight, StoreLayout.MaxInFlight);
        _maxInFlight = maxInFlight;
        _pending = new Dictionary<uint, StoreFrameType>(maxInFlight);
    }

    /// <summary>Requests that wait for their reply.</summary>
    public int Count => _pending.Count;

    /// <summary>
    /// Takes the next id; false when as many as allowed are under way, or the stream has no ids left.
    /// </summary>
    /// <param name="type">One of the four request types.</param>
    /// <param name="requestId">
    /// The id to send, valid only on success. Frames are sent in the order of their ids.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">Not the type of a request.</exception>
    public bool TryBegin(StoreFrameType type, out uint requestId)
    {
        if (type is not (StoreFrameType.Put or StoreFrameType.Get
            or StoreFrameType.PutRecord or StoreFrameType.GetRecord))
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "not a request");
        }

        requestId = 0;
        if (_pending.Count == _maxInFlight || _last == uint.MaxValue)
        {
            return false;
        }

        requestId = ++_last;
        _pending.Add(requestId, type);
        Debug.Assert(_pending.Count <= _maxInFlight);
        return true;
    }

    /// <summary>
    /// Ends the request that the reply answers; false when none is under way under its id, or when its type or code
    /// does not answer that type of request: malformed.
    /// </summary>
    public bool TryComplete(in StoreReply reply)
    {
        if (!_pending.TryGetValue(reply.RequestId, out StoreFrameType request))
        {
            return false;
        }

        Debug.Assert(StoreLayout.BodyBytes(request) >= 0);
        bool fits = reply.Type switch
        {
            StoreFrameType.Stored => request is StoreFrameType.Put or StoreFrameType.PutRecord,
            StoreFrameType.Block => request == StoreFrameType.Get,
            StoreFrameType.NotFound => request is StoreFrameType.Get or StoreFrameType.GetRecord,
            StoreFrameType.Record or StoreFrameType.Fork => request == StoreFrameType.GetRecord,
            StoreFrameType.Refused => StoreLayout.MayRefuse(request, reply.Refusal),
            _ => false,
        };
        return fits && _pending.Remove(reply.RequestId);
    }
}
