namespace Dynode.Streams;

/// <summary>How it stands with a <see cref="OrderReader"/>.</summary>
public enum StreamStandingKind
{
    /// <summary>There is no connection; it goes on by itself.</summary>
    Away,

    /// <summary>The engine cannot work as it is: <see cref="StreamStanding.Text"/>. It goes on by itself when that has changed.</summary>
    Fault,

    /// <summary>It makes sure that what it read last is there still, or looks for a table of the lanes to begin from.</summary>
    Seeking,

    /// <summary>It reads.</summary>
    Reading,

    /// <summary>Entry <see cref="StreamStanding.Theirs"/> is damaged, or missing, each time it is asked for. It asks again now and then, and goes on by itself when it has it whole.</summary>
    Damaged,

    /// <summary>Entry <see cref="StreamStanding.Theirs"/> is of a version that this build does not know: it must be upgraded. Nothing more is read.</summary>
    Unknown,

    /// <summary>Entry <see cref="StreamStanding.Theirs"/> has requests of another protocol: two broadcasters of different protocols publish into one stream. Nothing more is read.</summary>
    Foreign,

    /// <summary>
    /// The stream ends before what was read of it: it lost what it had acknowledged. Nothing more is read until its user has said from where: <see cref="OrderReader.BeginAt"/>.
    /// </summary>
    WentBack,

    /// <summary>What was read last is another entry now: the stream lost what it had acknowledged, and went on. Nothing more is read until its user has said from where.</summary>
    Forked,

    /// <summary>It is another stream of the same name, made later. Nothing more is read until its user has said from where.</summary>
    OtherStream,

    /// <summary>The next entries are kept no more: those before <see cref="StreamStanding.Theirs"/>. Nothing more is read until its user has said from where.</summary>
    Retention,

    /// <summary>No table of the lanes is kept, from which it could begin. Nothing more is read until its user has said from where.</summary>
    NoTable,
}

/// <summary>How it stands with a <see cref="OrderReader"/>, with the numbers that say so.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mine">The number that was read last.</param>
/// <param name="Theirs">A number in the stream that tells why: that of the entry at fault, or the stream's last, or the first that it keeps.</param>
/// <param name="Text">In words, where the engine has said any.</param>
public readonly record struct StreamStanding(StreamStandingKind Kind, ulong Mine, ulong Theirs = 0, string Text = "")
{
    /// <summary>It does not go on by itself.</summary>
    public bool IsStill => Kind > StreamStandingKind.Damaged;
}
