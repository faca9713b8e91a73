using Dynode.Log;

namespace Dynode.Streams;

/// <summary>A parcel that counts: its requests are the next of all.</summary>
/// <param name="Number">In the stream.</param>
/// <param name="Time">When the stream appended it, in milliseconds since 1970, by the engine's clock.</param>
/// <param name="Head">What it says.</param>
/// <param name="Parcel">Its pages, the taker's to release.</param>
public readonly record struct StreamParcel(ulong Number, long Time, ParcelHead Head, PageChain Parcel);
