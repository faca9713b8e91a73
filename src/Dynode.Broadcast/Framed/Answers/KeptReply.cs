using System.Runtime.CompilerServices;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// Bytes for a client that cannot be sent yet: a reply that the policy may still mean, one whose client waits for an earlier
/// one, an answer of our own behind such. Short ones lie in the object itself, longer ones in pages. Used again and again.
/// </summary>
internal sealed class KeptReply
{
    private Short _short;
    private int _shortLength;

    /// <summary>In the list that it stands in.</summary>
    public KeptReply? Next { get; set; }

    /// <summary>Of the voter that gave it; -1: it is nobody's vote.</summary>
    public int Rank { get; set; }

    /// <summary>What is too long for the object.</summary>
    public PageChain Pages { get; } = new();

    /// <summary>In bytes.</summary>
    public long Length => _shortLength + Pages.Length;

    /// <summary>Why its bytes are gone, if they are.</summary>
    public ReplyLoss Loss { get; private set; }

    /// <summary>Its bytes are gone.</summary>
    public bool IsLost => Loss != ReplyLoss.None;

    /// <summary>The bytes, where they are few.</summary>
    public ReadOnlySpan<byte> Bytes => ((ReadOnlySpan<byte>)_short)[.._shortLength];

    /// <summary>What it begins with.</summary>
    public ReadOnlySpan<byte> Head => _shortLength > 0 ? Bytes : Pages.Head.Span;

    /// <summary>Takes a copy of few bytes behind those that it holds, in the object itself.</summary>
    /// <returns>False: they are too many for that.</returns>
    public bool TryHold(ReadOnlySpan<byte> bytes)
    {
        if (_shortLength + bytes.Length > Short.Length)
            return false;
        bytes.CopyTo(((Span<byte>)_short)[_shortLength..]);
        _shortLength += bytes.Length;
        return true;
    }

    /// <summary>Its bytes go.</summary>
    public void Lose(ReplyLoss loss)
    {
        _shortLength = 0;
        Pages.Release();
        Loss = loss;
    }

    /// <summary>As new.</summary>
    public void Clear()
    {
        _shortLength = 0;
        Pages.Release();
        Next = null;
        Rank = -1;
        Loss = ReplyLoss.None;
    }

    /// <summary>"+OK", numbers, small values: most replies of most servers.</summary>
    [InlineArray(Length)]
    private struct Short
    {
        public const int Length = 48;

        private byte _first;
    }
}
