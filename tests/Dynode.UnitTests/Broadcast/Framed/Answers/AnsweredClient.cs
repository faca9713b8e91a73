using System.Net;
using System.Text;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

/// <summary>A client without a socket: it remembers what it got.</summary>
internal sealed class AnsweredClient : IAnswered
{
    private readonly StringBuilder _received = new();

    public string Received => _received.ToString();

    public List<(int Selects, bool Accepted)> Settled { get; } = [];

    public long Owed { get; private set; }

    public EndPoint? Address { get; } = new IPEndPoint(IPAddress.Loopback, 4711);

    public long FirstPending { get; private set; } = -1;

    public long LastPending { get; private set; } = -1;

    public long FirstUnplaced { get; private set; } = -1;

    public long LastUnplaced { get; private set; } = -1;

    public bool IsTorn { get; private set; }

    /// <summary>Written to it, and not taken.</summary>
    public long Untaken { get; private set; }

    /// <summary>What may wait for it.</summary>
    public long WaitingMax { get; init; } = long.MaxValue;

    public bool IsFarBehind => Untaken > WaitingMax;

    public bool HasMuchWaiting => Untaken + Owed > WaitingMax;

    public bool HoldsTooLong(long now) => false;

    public void Unplaced(long number)
    {
        Assert.True(number > LastUnplaced);
        if (FirstUnplaced < 0)
            FirstUnplaced = number;
        LastUnplaced = number;
    }

    public void Placed(long next)
    {
        Assert.True(next < 0 || next > FirstUnplaced);
        FirstUnplaced = next;
        if (next < 0)
            LastUnplaced = -1;
    }

    public void Withdrawn(long last) => LastUnplaced = last;

    public void Entered(long number)
    {
        Assert.True(number > LastPending);
        if (FirstPending < 0)
            FirstPending = number;
        LastPending = number;
    }

    public void Left(long next, int selects, bool accepted)
    {
        Assert.True(next < 0 || next > FirstPending);
        FirstPending = next;
        if (next < 0)
            LastPending = -1;
        if (selects >= 0)
            Settled.Add((selects, accepted));
    }

    public void Owes(long bytes) => Owed += bytes;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (IsTorn)
            return;
        _received.Append(Encoding.ASCII.GetString(bytes));
        Untaken += bytes.Length;
    }

    public void Write(PageChain pages)
    {
        if (IsTorn)
            return;
        while (pages.TryPeek(out var bytes, out _))
        {
            _received.Append(Encoding.ASCII.GetString(bytes.Span));
            Untaken += bytes.Length;
            pages.RemoveFirst();
        }
    }

    /// <summary>It takes some of what was written to it.</summary>
    public void Take(long bytes) => Untaken -= Math.Min(bytes, Untaken);

    public void Tear(ClientEnd end) => IsTorn = true;

    /// <summary>It is gone: what its socket's end does.</summary>
    public void Close(AnswerQueue answers)
    {
        IsTorn = true;
        answers.Leave(this);
        FirstPending = LastPending = FirstUnplaced = LastUnplaced = -1;
    }
}
