using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

/// <summary>Databases and protocols of many clients over one server that refuses some of them: where requests run, and in which form they are answered.</summary>
public sealed class InForceModelTests
{
    private const string Resp2 = "$-1\r\n";
    private const string Resp3 = "_\r\n";

    /// <summary>How a server takes HELLO.</summary>
    public enum Hello
    {
        /// <summary>As it should.</summary>
        Granted,

        /// <summary>Never: it is older, or its user may not.</summary>
        Refused,

        /// <summary>It says that it has RESP3, and has not.</summary>
        PromisedAlone,

        /// <summary>Now and then: rights are given and taken.</summary>
        ByChance,
    }

    [Theory]
    [InlineData(Hello.Granted)]
    [InlineData(Hello.Refused)]
    [InlineData(Hello.PromisedAlone)]
    [InlineData(Hello.ByChance)]
    public void Every_request_runs_once_in_its_database_or_nowhere_and_no_reply_comes_in_anothers_form(Hello hello) => Seed.Run(random =>
    {
        int resp3 = 0;
        int answered = 0;
        for (int round = 0; round < 400; round++)
        {
            var databases = Enumerable.Range(1, 3).Where(_ => random.Next(2) == 0).ToHashSet();
            var model = new InForceModel(random, databases, version => hello switch
            {
                Hello.Granted => true,
                Hello.Refused => false,
                Hello.PromisedAlone => version == 2,
                _ => random.Next(3) > 0,
            });
            var asked = new List<(int Database, byte Protocol, bool IsSeen)>();
            int count = random.Next(1, 80);
            bool alternates = random.Next(2) == 0;
            for (int step = 0; asked.Count < count || !model.IsDone; step++)
            {
                Assert.True(step < 100_000, "it hangs");
                if (asked.Count < count && random.Next(3) == 0)
                {
                    // In runs, or each another.
                    var next = alternates || asked.Count == 0 || random.Next(6) == 0
                        ? (random.Next(4), (byte)random.Next(2, 4), random.Next(5) > 0)
                        : asked[^1];
                    asked.Add(next);
                    if (random.Next(10) == 0)
                        model.Select(random.Next(4));
                    model.Append(next.Item1, next.Item2, next.Item3);
                }

                model.Step();
                if (random.Next(40) == 0)
                    model.LoseIfQuiet();
            }

            Assert.Equal(Enumerable.Range(0, count).Where(id => asked[id].Database == 0 || databases.Contains(asked[id].Database)), model.Ran.Select(one => one.Id));
            Assert.All(model.Ran, one => Assert.Equal(asked[one.Id].Database, one.Database));
            for (int id = 0; id < count; id++)
            {
                string answer = model.Clients[id].Received;
                if (!asked[id].IsSeen)
                {
                    Assert.Empty(answer);
                    continue;
                }

                // Its connection was lost before it was sent, or the server does not speak its protocol: no server's word.
                bool isOurs = answer.StartsWith('!');
                bool isRefused = answer.StartsWith('-') && answer != Resp2;
                Assert.True(isOurs || isRefused || answer == (asked[id].Protocol == 3 ? Resp3 : Resp2), $"{id}: {asked[id]} was answered {answer}");
                if (!isOurs)
                    Assert.Equal(asked[id].Database == 0 || databases.Contains(asked[id].Database), !isRefused);
                if (hello is Hello.Refused or Hello.PromisedAlone && asked[id].Protocol == 3)
                    Assert.True(isOurs || isRefused);
                answered += isOurs ? 0 : 1;
                resp3 += answer == Resp3 ? 1 : 0;
            }
        }

        Assert.Equal(hello is Hello.Granted or Hello.ByChance, resp3 > 0);
        Assert.InRange(answered, 400, int.MaxValue);
    });
}
