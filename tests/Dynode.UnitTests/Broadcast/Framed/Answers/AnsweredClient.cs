using System.Text;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

/// <summary>A client without a socket: it remembers what it got.</summary>
internal sealed class AnsweredClient : IAnswered
{
    private readonly StringBuilder _received = new();

    public string Received => _received.ToString();

    public List<(int Selects, bool Accepted)> Settled { get; } = [];

    public long Owed { get; private set; }

    public long FirstPending { get; private set; } = -1;

    public long LastPending { get; private set; } = -1;

    public bool IsTorn { get; private set; }

    public bool IsFarBehind => false;

    public bool HoldsTooLong(long now) => false;

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
        if (!IsTorn)
            _received.Append(Encoding.ASCII.GetString(bytes));
    }

    public void Write(PageChain pages)
    {
        if (IsTorn)
            return;
        while (pages.TryPeek(out var bytes, out _))
        {
            _received.Append(Encoding.ASCII.GetString(bytes.Span));
            pages.RemoveFirst();
        }
    }

    public void Tear(string reason) => IsTorn = true;

    /// <summary>It is gone: what its socket's end does.</summary>
    public void Close(AnswerQueue answers)
    {
        IsTorn = true;
        answers.Leave(this);
        FirstPending = LastPending = -1;
    }
}
