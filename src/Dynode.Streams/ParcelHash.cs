using System.IO.Hashing;
using Dynode.Log;

namespace Dynode.Streams;

/// <summary>The hash of parcels of one stream. Not thread-safe.</summary>
internal sealed class ParcelHash(StreamIdentity identity)
{
    private readonly XxHash3 _hash = new(identity.Seed);

    /// <summary>Of a parcel whose first page has at least what comes before the hash, and the hash itself.</summary>
    public ulong Of(PageChain parcel)
    {
        _hash.Reset();
        Page? page = null;
        for (bool isFirst = true; parcel.TryNext(ref page, out var bytes); isFirst = false)
        {
            if (isFirst)
                _hash.Append(bytes.Span[..ParcelLayout.HashAt]);
            _hash.Append(isFirst ? bytes.Span[ParcelLayout.HashEnd..] : bytes.Span);
        }

        return _hash.GetCurrentHashAsUInt64();
    }
}
