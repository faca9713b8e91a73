using System.Globalization;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Once;

/// <summary>Whatever is cut, kept back, refused or rolled back: each request is done once, and in its order.</summary>
public sealed class OnceModelTests
{
    private const int Requests = 400;

    [Fact]
    public void Each_request_is_done_once_and_in_its_order_whatever_is_cut_kept_back_or_refused() => Seed.Run(random =>
    {
        for (int run = 0; run < 60; run++)
            Run(random, runsOutOfMemory: run % 2 == 1);
    });

    [Fact]
    public void A_fence_that_only_writes_does_the_batch_that_came_between_twice_each_time_and_one_that_compares_never()
    {
        for (int run = 0; run < 20; run++)
        {
            Assert.Equal(["0", "1", "0", "1"], Interleaved(isFenced: false));
            Assert.Equal(["0", "1"], Interleaved(isFenced: true));
        }
    }

    private static List<string> Interleaved(bool isFenced)
    {
        var redis = new TinyRedis();
        var model = new OnceModel(redis) { IsFenced = isFenced };
        model.Append(OnceModel.Request("RPUSH", "list", "0"));
        model.Append(OnceModel.Request("RPUSH", "list", "1"));
        Assert.True(model.TryBegin());
        Assert.True(model.TrySend(long.MaxValue));
        TinyRedis.Connection held = model.Cut()!;
        if (!model.TryBegin(() => Drain(held)))
            Assert.True(model.TryBegin());
        Finish(model);
        return redis.Pushed;
    }

    private static void Run(Random random, bool runsOutOfMemory)
    {
        var redis = new TinyRedis();
        var model = new OnceModel(redis);
        var held = new List<TinyRedis.Connection>();
        var bad = new HashSet<long>();
        int appended = 0;
        for (int step = 0; step < 200_000 && !(appended == Requests && model.Connection is not null && model.HasAll); step++)
        {
            model.Now += random.Next(20_000);
            switch (random.Next(12))
            {
                case 0 or 1 when appended < Requests:
                    for (int n = random.Next(1, 8); n > 0 && appended < Requests; n--, appended++)
                    {
                        bool isBad = random.Next(20) == 0;
                        if (isBad)
                            bad.Add(appended);
                        model.Append(OnceModel.Request(isBad ? "NOSUCH" : "RPUSH", "list", appended.ToString(CultureInfo.InvariantCulture)));
                    }

                    break;
                case 2 when model.Connection is not null && random.Next(20) == 0:
                    held.Add(model.Cut()!);
                    break;
                case 3 when runsOutOfMemory && random.Next(6) == 0:
                    redis.IsOutOfMemory = !redis.IsOutOfMemory;
                    break;
                case 4 when held.Count > 0:
                    held[random.Next(held.Count)].TryStep();
                    break;
                case 5 when held.Count > 0 && random.Next(10) == 0:
                    held.RemoveAt(random.Next(held.Count));
                    break;
                case 6 or 7 when model.Connection is not null:
                    model.TrySend(long.MaxValue);
                    break;
                case 8 or 9 when model.Connection is not null:
                    for (int n = random.Next(1, 30); n > 0 && model.Connection.TryStep(); n--)
                    {
                        // As it comes.
                    }

                    break;
                default:
                    if (model.Connection is null)
                        model.TryBegin(held.Count > 0 && random.Next(3) == 0 ? () => Drain(held[^1]) : null);
                    else if (!model.TryRead(random.Next(1, 200)))
                        held.Add(model.Cut()!);
                    break;
            }
        }

        redis.IsOutOfMemory = false;
        Finish(model);
        Assert.Equal("", model.Trouble);

        // Of what was refused for want of memory nothing was done, and its client knows.
        var wanted = Enumerable.Range(0, appended).Where(i => !bad.Contains(i) && !model.Doubtful.Contains(i) && !model.Answers[i].StartsWith('-'));
        var doubtful = model.Doubtful.Select(static number => number.ToString(CultureInfo.InvariantCulture)).ToHashSet();
        Assert.Equal(wanted.Select(static i => i.ToString(CultureInfo.InvariantCulture)), redis.Pushed.Where(element => !doubtful.Contains(element)));
        Assert.True(runsOutOfMemory || model.Doubtful.IsSubsetOf(bad), "without a reason of the server's nothing but what stands apart is in doubt");
    }

    private static void Drain(TinyRedis.Connection connection)
    {
        while (connection.TryStep())
        {
            // All that is whole.
        }
    }

    private static void Finish(OnceModel model)
    {
        for (int round = 0; round < 10_000; round++)
        {
            model.Now += TimeSpan.TicksPerSecond;
            if (model.Connection is null && !model.TryBegin())
                continue;
            while (model.TrySend(long.MaxValue))
            {
                // As long as there is.
            }

            Drain(model.Connection!);
            if (!model.TryRead(int.MaxValue))
                model.Cut();
            else if (model.HasAll)
                return;
        }

        Assert.Fail("it does not come to an end");
    }
}
