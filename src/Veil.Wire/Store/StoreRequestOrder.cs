using System.Diagnostics;

namespace Veil.Wire.Store;

/// <summary>
/// The rule of request ids at the store (spec/store.md, section 2): each is larger than the one before, from 1 on,
/// so that reuse is recognised without remembering more than one number. A mutable struct: keep it in a field.
/// </summary>
public struct StoreRequestOrder
{
    private uint _last;

    /// <summary>Accepts the next id of a stream; false for 0 and for one that is not larger: malformed.</summary>
    public bool TryAccept(uint requestId)
    {
        if (requestId <= _last)
        {
            return false;
        }

        _last = requestId;
        Debug.Assert(_last != 0);
        return true;
    }
}
