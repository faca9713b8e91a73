using Dynode.Protocols;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

/// <summary>What a request of the model is.</summary>
internal enum Asks
{
    Write,
    Read,

    /// <summary>Carried out in every state.</summary>
    Publish,

    /// <summary>A script that writes, and says so.</summary>
    Script,

    /// <summary>One that writes, and returns a server's own refusal as its own word.</summary>
    Liar,
}

/// <summary>
/// The slow, obvious model of one server, of one connection to it, and of what a broadcaster must make of its replies: each reply is a
/// record, all of them are kept, and every rule looks at the whole list. A request is carried out by the server's state at the moment when
/// it comes, and never by what is said of it.
/// </summary>
internal sealed class DoubtModel(IReadOnlyList<Asks> requests, Func<NotNowCause> state, bool mayAsk, Func<NotNowCause> lie)
{
    private readonly HashSet<int> _refusedBefore = [];

    /// <summary>How often each was carried out.</summary>
    public int[] Done { get; } = new int[requests.Count];

    /// <summary>Each that was acknowledged by a reply that was a refusal, true or made up.</summary>
    public HashSet<int> AnsweredByRefusal { get; } = [];

    /// <summary>Each that was carried out, and sent again.</summary>
    public HashSet<int> Repeated { get; } = [];

    /// <summary>The first that the server is marked as having missed; -1: none.</summary>
    public int Missed { get; private set; } = -1;

    /// <summary>All that is acknowledged: the log's cursor.</summary>
    public int Acknowledged { get; private set; }

    public int Connections { get; private set; }

    /// <summary>Whether a server in this state carries a request out.</summary>
    public static bool Accepts(NotNowCause state, Asks asks) => (state, asks) switch
    {
        (NotNowCause.None, _) or (_, Asks.Publish) => true,
        (NotNowCause.ReadOnly, Asks.Read) => true,
        _ => false,
    };

    public static RequestNature NatureOf(Asks asks) => asks switch
    {
        Asks.Write => RequestNature.None,
        Asks.Read => RequestNature.Reads,
        Asks.Publish => RequestNature.ProvesNothing,
        _ => RequestNature.RunsProgram,
    };

    /// <summary>One connection from the first request that is not acknowledged, with so many in flight at once.</summary>
    public void Connect(int window)
    {
        Connections++;
        var before = state();
        if (mayAsk && before != NotNowCause.None)
            return;
        bool isProven = mayAsk;
        var flight = new List<Reply>();
        while (Acknowledged < requests.Count)
        {
            // Who has not shown that it is ready is sent one at a time.
            while (flight.Count < (isProven ? window : 1) && Acknowledged + flight.Count < requests.Count)
                flight.Add(Send(Acknowledged + flight.Count));
            var first = flight[0];
            if (!first.IsRefusal)
            {
                isProven |= Proves(first, NotNowCause.Busy);
                flight.RemoveAt(0);
                Acknowledged++;
                continue;
            }

            // Nothing more is sent: what is in flight, and what the server says of itself, decides.
            int served = flight.FindIndex(reply => Proves(reply, first.Cause) || (!reply.IsRefusal && reply.IsProgram));
            var upTo = flight.Take(served < 0 ? flight.Count : served).ToList();
            bool isAgain = _refusedBefore.Contains(first.Number) && mayAsk;
            bool isCertain = (!first.IsProgram && !isAgain) || (!(isAgain && !first.IsProgram) && upTo.Exists(reply => reply.IsRefusal && !reply.IsProgram));
            if (served >= 0)
            {
                if ((isCertain || !first.IsProgram) && Missed < 0)
                    Missed = first.Number;
                Answer(flight, served);
                continue;
            }

            if (!isCertain && !StillRefuses(first.Cause))
            {
                if (!first.IsProgram && Missed < 0)
                    Missed = first.Number;
                Answer(flight, 1);
                continue;
            }

            _refusedBefore.Add(first.Number);
            foreach (var reply in flight.Where(reply => !reply.IsRefusal || reply.IsLie))
                Repeated.Add(reply.Number);
            return;
        }
    }

    private static bool Proves(Reply reply, NotNowCause cause) => !reply.IsRefusal && reply.Asks switch
    {
        Asks.Write => true,
        Asks.Read => cause != NotNowCause.ReadOnly,
        Asks.Publish => false,
        _ => cause is NotNowCause.Busy or NotNowCause.Loading,
    };

    private bool StillRefuses(NotNowCause cause)
    {
        if (!mayAsk)
            return true;
        var now = state();
        return cause == NotNowCause.ReadOnly ? now != NotNowCause.None : now is not (NotNowCause.None or NotNowCause.ReadOnly);
    }

    private void Answer(List<Reply> flight, int count)
    {
        foreach (var reply in flight.Take(count).Where(reply => reply.IsRefusal))
            AnsweredByRefusal.Add(reply.Number);
        flight.RemoveRange(0, count);
        Acknowledged += count;
    }

    private Reply Send(int number)
    {
        var asks = requests[number];
        var now = state();
        if (!Accepts(now, asks))
            return new(number, asks, now, IsLie: false);
        Done[number]++;
        return new(number, asks, asks == Asks.Liar ? lie() : NotNowCause.None, IsLie: asks == Asks.Liar);
    }

    private readonly record struct Reply(int Number, Asks Asks, NotNowCause Cause, bool IsLie)
    {
        public bool IsRefusal => Cause != NotNowCause.None;

        public bool IsProgram => Asks is Asks.Script or Asks.Liar;
    }
}
