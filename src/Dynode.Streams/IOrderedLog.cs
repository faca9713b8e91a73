using Dynode.Log;

namespace Dynode.Streams;

/// <summary>
/// The engine whose stream gives all broadcasters one order: all that is needed of it. It appends what is published at least once, if at all;
/// numbers what it has appended, from 1, without a hole; and can be read from any number that it still keeps.
/// <para>
/// It has threads of its own, and they run nothing of ours but the <c>wake</c> of <see cref="Start"/>: whoever uses it takes its words in turns of his own.
/// No member waits, and none throws for what happens outside.
/// </para>
/// </summary>
public interface IOrderedLog : IAsyncDisposable
{
    /// <summary>Begins to connect, and goes on until it is disposed of: the first word is <see cref="StreamWordKind.Here"/>, or says why there is none yet.</summary>
    /// <param name="wake">There may be a word. Any thread; must return at once.</param>
    void Start(Action wake);

    /// <summary>The oldest word that was not taken.</summary>
    bool TryTake(out StreamWord word);

    /// <summary>
    /// Has the bytes appended, perhaps: they are copied before it returns, and go out in the order of these calls over the one connection. Where there is none they
    /// are lost. Whether they were appended is known by their coming by, and by nothing else.
    /// </summary>
    /// <param name="lane">The publisher's.</param>
    /// <param name="parcel">In pages of the caller's.</param>
    void Publish(ulong lane, PageChain parcel);

    /// <summary>From now on what is appended comes by as <see cref="StreamWordKind.Heard"/>, as far as nothing is lost on the way.</summary>
    void Listen();

    /// <summary>Hears nothing more.</summary>
    void Deafen();

    /// <summary>
    /// Reads what the stream has from a number on: <see cref="StreamWordKind.Pulled"/> for each entry, then <see cref="StreamWordKind.PullEnded"/>. One at a time for each reader;
    /// those of several go on beside each other, and none waits for another.
    /// </summary>
    /// <param name="from">The number of the first.</param>
    /// <param name="bytesMax">It ends behind the entry with which it has read as much, in bytes.</param>
    /// <param name="reader">Whose it is: its words say so. From 0 on, and few.</param>
    void Pull(ulong from, int bytesMax, int reader = 0);

    /// <summary>Asks where the stream stands: <see cref="StreamWordKind.Stands"/>, or that it is away.</summary>
    void Look();
}
