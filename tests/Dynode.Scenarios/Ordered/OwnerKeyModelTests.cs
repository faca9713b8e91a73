using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.Scenarios.Framed;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Ordered;

/// <summary>
/// Owners that come to one real redis in any order, stop at any step and go on later, against what that must come to: once an owner has begun, nobody who came before it is carried out any more, and nobody who comes too late begins.
/// </summary>
[Trait("Server", "redis")]
public sealed class OwnerKeyModelTests(ITestOutputHelper output)
{
    private const int Steps = 400;
    private const int OwnersMax = 6;

    private static readonly RedisOwnerKey Owners = RedisOwnerKey.Instance;
    private static readonly byte[] Key = "dynode:owner"u8.ToArray();

    private enum At { Take, End, Begun, Refused }

    [Fact]
    public Task Nobody_is_carried_out_behind_one_that_came_later() => Seed.RunAsync(async random =>
    {
        using RealServer redis = await RedisServer.StartAsync("--appendonly", "no");
        string run = await redis.AskAsync("EVAL \"return string.match(redis.call('info','server'),'run_id:(%x+)')\" 0");
        var owners = new List<Owner>();
        ulong epoch = 0;
        int begun = 0, refused = 0, dead = 0;
        for (int step = 0; step < Steps; step++)
        {
            if (owners.Count < OwnersMax && random.Next(3) == 0)
            {
                // A new one, or a connection more of one that there was before.
                var owner = new Owner(await TestClient.ConnectAsync(redis.Port), random.Next(3) == 0 && epoch > 0 ? (ulong)random.Next(1, (int)epoch + 1) : ++epoch);
                owner.Id = long.Parse((await owner.Client.AskAsync("CLIENT ID"))[1..], System.Globalization.CultureInfo.InvariantCulture);
                owners.Add(owner);
            }

            if (owners.Count == 0)
                continue;
            var next = owners[random.Next(owners.Count)];
            bool lives = await TryStepAsync(next, run);
            if (lives && next.At == At.Begun)
            {
                if (!next.HasPushed)
                    begun++;
                next.HasPushed = true;
            }

            refused += next.At == At.Refused ? 1 : 0;
            dead += lives ? 0 : 1;
            if (!lives || next.At == At.Refused || random.Next(40) == 0)
            {
                next.Client.Dispose();
                owners.Remove(next);
            }
        }

        string[] pushed = (await redis.AskAsync("EVAL \"return table.concat(redis.call('lrange','list',0,-1),' ')\" 0")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        owners.ForEach(static owner => owner.Client.Dispose());
        ulong[] epochs = [.. pushed.Select(ulong.Parse)];
        output.WriteLine($"{epoch} owners, {begun} begun, {refused} refused, {dead} ended, {epochs.Length} pushes");
        Assert.True(begun > 10 && refused > 0 && dead > 0 && epochs.Length > 20, "nothing happened");
        Assert.Equal(epochs.Order(), epochs);
    });

    /// <returns>False: the server has ended its connection.</returns>
    private static async Task<bool> TryStepAsync(Owner owner, string run)
    {
        try
        {
            switch (owner.At)
            {
                case At.Take:
                    await owner.Client.SendAsync(Owners.Take(Key, new OwnerEpoch("orders", 1, owner.Epoch), run, owner.Id, owner.Ended, evenIfFull: false));
                    string said = await owner.Client.ReadReplyAsync();
                    var verdict = Owners.Read(System.Text.Encoding.ASCII.GetBytes($"${said.Length}\r\n{said}\r\n"), out long before);
                    owner.At = verdict switch { OwnerVerdict.Taken => At.Begun, OwnerVerdict.EndFirst => At.End, _ => At.Refused };
                    owner.Ended = before == 0 ? owner.Ended : before;
                    return true;
                case At.End:
                    await owner.Client.SendAsync(Owners.EndOne(owner.Ended));
                    Assert.True(Owners.IsEnded(System.Text.Encoding.ASCII.GetBytes(await owner.Client.ReadReplyAsync())));
                    owner.At = At.Take;
                    return true;
                default:
                    return (await owner.Client.AskAsync($"RPUSH list {owner.Epoch}")).StartsWith(':');
            }
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ExpectationException)
        {
            return false;
        }
    }

    private sealed class Owner(TestClient client, ulong epoch)
    {
        public TestClient Client => client;

        public ulong Epoch => epoch;

        public long Id { get; set; }

        public long Ended { get; set; }

        public At At { get; set; }

        public bool HasPushed { get; set; }
    }
}
