using Dynode.Log;

namespace Dynode.Streams;

/// <summary>What an <see cref="IOrderedLog"/> says.</summary>
public enum StreamWordKind
{
    /// <summary>It is connected, anew: nothing is heard and no pull is under way. <see cref="StreamWord.State"/> is set.</summary>
    Here,

    /// <summary>It is connected no more, or the stream cannot be asked; it goes on trying. <see cref="StreamWord.Text"/> says why.</summary>
    Away,

    /// <summary>It cannot work as it is, until somebody has changed what <see cref="StreamWord.Text"/> names; it looks again now and then.</summary>
    Fault,

    /// <summary>Where the stream stands: <see cref="StreamWord.State"/>.</summary>
    Stands,

    /// <summary>An entry, as it was appended. Some may be missing, none comes before one with a lower number that was heard.</summary>
    Heard,

    /// <summary>An entry that was asked for.</summary>
    Pulled,

    /// <summary>All that was asked for has been said, or there was no memory for more, or it broke off: then <see cref="StreamWord.Text"/> says why.</summary>
    PullEnded,

    /// <summary>What was published was refused, for <see cref="StreamWord.Text"/>.</summary>
    Refused,

    /// <summary>Something was heard that there was no memory for: <see cref="StreamWord.Number"/>. It must be pulled.</summary>
    Missed,
}

/// <summary>One word of an <see cref="IOrderedLog"/>.</summary>
/// <param name="Kind">Says which of the others are set.</param>
/// <param name="Number">Of an entry, in the stream.</param>
/// <param name="Time">When the stream appended it, in milliseconds since 1970, by the engine's clock.</param>
/// <param name="Parcel">Its bytes, in pages that are the taker's to release: in one, where they fit into a large page; else the first is full before there is a second.</param>
/// <param name="State">Of the stream.</param>
/// <param name="Text">In words.</param>
/// <param name="Reader">Of what was pulled: whose pull it is.</param>
public readonly record struct StreamWord(
    StreamWordKind Kind, ulong Number = 0, long Time = 0, PageChain? Parcel = null, StreamState? State = null, string Text = "", int Reader = 0);
