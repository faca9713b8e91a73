using Dynode.Broadcast.Framed.Servers;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

/// <summary>
/// What is sent to a server that refuses some SELECTs, and where it runs, against the slow way: one request at a time, each SELECT waited for.
/// Requests of the model: the database that they are for; SELECTs of ours: <c>~database</c>; a client's own, which changes nothing
/// where it is refused and is followed by one of ours: 1000 + database.
/// </summary>
public sealed class SelectionModelTests
{
    private const int OfClient = 1000;
    private const int Databases = 4;

    [Fact]
    public void Every_request_runs_in_its_database_or_nowhere_and_as_many_run_as_when_each_select_is_waited_for() => Seed.Run(random =>
    {
        for (int round = 0; round < 20_000; round++)
        {
            var log = RandomLog(random);
            var allowed = Enumerable.Range(0, Databases).Where(_ => random.Next(2) == 0).ToHashSet();
            int start = random.Next(log.Count);
            int force = InForceAt(log, start);
            if (force < 0)
                continue;
            var (ran, refused) = OneByOne(log, start, force, allowed);
            var (fastRan, fastRefused) = Pipelined(log, start, force, allowed, random);
            Assert.All(fastRan, one => Assert.Equal(log[one.Index], one.Database));
            Assert.Equal(ran, fastRan);
            Assert.Equal(refused, fastRefused);
        }
    });

    private static List<int> RandomLog(Random random)
    {
        var log = new List<int>();
        int force = 0;
        for (int i = random.Next(1, 20); i > 0; i--)
        {
            int database = random.Next(Databases);
            if (random.Next(5) == 0)
            {
                log.Add(OfClient + database);
                force = -1;
                continue;
            }

            if (database != force)
                log.Add(~database);
            force = database;
            log.Add(database);
        }

        return log;
    }

    /// <summary>-1: a SELECT comes before anything else that matters.</summary>
    private static int InForceAt(List<int> log, int start)
    {
        if (log[start] < 0 || log[start] >= OfClient)
            return 0;
        return log[start];
    }

    private static (List<(int Index, int Database)> Ran, List<int> Refused) OneByOne(List<int> log, int start, int force, HashSet<int> allowed)
    {
        var ran = new List<(int, int)>();
        var refused = new List<int>();
        bool comesFirst = log[start] < 0 || log[start] >= OfClient;
        int at = !comesFirst && allowed.Contains(force) ? force : 0;
        bool isRight = comesFirst || at == force;
        for (int i = start; i < log.Count; i++)
        {
            if (log[i] >= OfClient)
            {
                if (allowed.Contains(log[i] - OfClient))
                    at = log[i] - OfClient;
            }
            else if (log[i] < 0)
            {
                if (allowed.Contains(~log[i]))
                    at = ~log[i];
                isRight = at == ~log[i];
            }
            else if (isRight)
            {
                ran.Add((i, at));
            }
            else
            {
                refused.Add(i);
            }
        }

        return (ran, refused);
    }

    /// <summary>As a connection does it: as far ahead as it may, replies when they come.</summary>
    private static (List<(int Index, int Database)> Ran, List<int> Refused) Pipelined(List<int> log, int start, int force, HashSet<int> allowed, Random random)
    {
        var ran = new List<(int, int)>();
        var refused = new List<int>();
        bool comesFirst = log[start] < 0 || log[start] >= OfClient;
        bool hasIt = !comesFirst && force != 0 && allowed.Contains(force);
        var selection = new Selection(hasIt ? force : 0, comesFirst || force == 0 || hasIt ? null : [1]);
        int server = hasIt ? force : 0;
        int sent = start;
        int answered = start;
        int selectEnd = start;
        var replies = new Queue<bool>();
        while (answered < log.Count)
        {
            // What was refused is passed over when nothing is in flight.
            while (selection.IsRefusing && sent == answered && answered < log.Count)
            {
                if (log[answered] < 0 || log[answered] >= OfClient)
                {
                    selection.Passed();
                    break;
                }

                refused.Add(answered++);
                sent = answered;
            }

            bool mayGoOn = !selection.IsRefusing;
            while (mayGoOn && sent < log.Count && random.Next(4) > 0)
            {
                int request = log[sent];
                bool isOurs = request < 0;
                mayGoOn = !isOurs || selection.MayFollow(~request, selectEnd <= answered);
                if (request < 0 || request >= OfClient)
                {
                    int database = isOurs ? ~request : request - OfClient;
                    bool isAllowed = allowed.Contains(database);
                    server = isAllowed ? database : server;
                    replies.Enqueue(isAllowed);
                    if (mayGoOn || !isOurs)
                        selectEnd = sent + 1;
                }
                else
                {
                    ran.Add((sent, server));
                    replies.Enqueue(true);
                }

                sent++;
            }

            // A SELECT that nothing may follow yet is waited for.
            while (replies.Count > 0 && (!mayGoOn || random.Next(3) > 0))
            {
                bool isGood = replies.Dequeue();
                int request = log[answered++];
                if (request >= 0 && request < OfClient)
                    continue;
                if (isGood)
                    selection.Granted(request < 0 ? ~request : request - OfClient);
                else if (request < 0)
                    selection.Refused(~request, [1]);
                else
                    selection.Passed();
            }
        }

        return (ran, refused);
    }
}
