using Dynode.Broadcast.Framed.Servers;
using Dynode.Protocols;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

/// <summary>A connection that sends, reads and acknowledges, and leaves every decision to <see cref="Doubt"/>: it keeps no history of its own.</summary>
internal sealed class DoubtfulConnection(IReadOnlyList<Asks> requests, Func<NotNowCause> state, bool mayAsk, Func<NotNowCause> lie)
{
    private readonly HashSet<int> _refusedEver = [];

    public int[] Done { get; } = new int[requests.Count];

    public HashSet<int> AnsweredByRefusal { get; } = [];

    public int Missed { get; private set; } = -1;

    public int Acknowledged { get; private set; }

    public void Connect(int window)
    {
        if (mayAsk && state() != NotNowCause.None)
            return;
        if (!mayAsk)
            state();
        bool isProven = mayAsk;
        var flight = new Queue<(int Number, NotNowCause Cause)>();
        int next = Acknowledged;
        int answersUpTo = Acknowledged;
        while (Acknowledged < requests.Count)
        {
            while (next < requests.Count && next - Acknowledged < (isProven ? window : 1))
                flight.Enqueue((next, Take(next++)));
            var (number, cause) = flight.Peek();
            if (cause == NotNowCause.None || number < answersUpTo)
            {
                if (cause == NotNowCause.None)
                    isProven |= Doubt.Serves(DoubtModel.NatureOf(requests[number]), NotNowCause.Busy);
                else
                    AnsweredByRefusal.Add(number);
                flight.Dequeue();
                Acknowledged++;
                continue;
            }

            var doubt = new Doubt(cause, IsProgram(number), _refusedEver.Contains(number), mayAsk);
            var verdict = DoubtVerdict.Open;
            int at = number;
            foreach (var (later, said) in flight.Skip(1))
            {
                at = later;
                verdict = doubt.Follow(said == NotNowCause.None ? ReplyKind.Normal : ReplyKind.NotNow, DoubtModel.NatureOf(requests[later]), IsProgram(later));
                if (verdict != DoubtVerdict.Open)
                    break;
            }

            if (verdict == DoubtVerdict.Open)
            {
                at = number + 1;
                verdict = doubt.InFlightEnded();
            }

            if (verdict == DoubtVerdict.Ask)
                verdict = doubt.Asked(AskAbout(cause));
            if (verdict == DoubtVerdict.Refused)
            {
                _refusedEver.Add(number);
                return;
            }

            if (verdict == DoubtVerdict.Missed && Missed < 0)
                Missed = number;
            answersUpTo = at;
        }
    }

    private bool IsProgram(int number) => requests[number] is Asks.Script or Asks.Liar;

    private NotNowCause Take(int number)
    {
        var now = state();
        if (!DoubtModel.Accepts(now, requests[number]))
            return now;
        Done[number]++;
        return requests[number] == Asks.Liar ? lie() : NotNowCause.None;
    }

    /// <summary>PING and INFO, at one moment.</summary>
    private Evidence[] AskAbout(NotNowCause cause)
    {
        if (!mayAsk)
            return [Evidence.None, Evidence.None];
        var now = state();
        bool isAwake = now is NotNowCause.None or NotNowCause.ReadOnly;
        if (cause != NotNowCause.ReadOnly)
            return [isAwake ? Evidence.Serves : Evidence.Refuses, Evidence.None];
        return [isAwake ? Evidence.None : Evidence.Refuses, now == NotNowCause.None ? Evidence.Serves : Evidence.Refuses];
    }
}
