using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

/// <summary>The keys of the log that gives several broadcasters one order.</summary>
public sealed class OrderedLogValuesTests
{
    private const string TooLong = "00000000001111111111222222222233333333334444444444555555555566666666667777777777888888888899999999990000000000111111111122222222229";

    private const string Log = "log=nats://a:4222,b:4222/orders";

    [Fact]
    public void Without_it_nothing_is_there_and_with_it_all_values_are()
    {
        Assert.Null(Reading.OfSets(Reading.Servers, "protocol=redis").Good().Ordered);
        HostSettings settings = Reading.OfSets(
            Reading.Servers, "protocol=redis", Log, "log_timeout=2", "log_window=3", "log_lease=4", "catchup_rate=1m", "catchup_servers=2", "log_replicas=5", "log_keep=60", "log_bytes=64m", "log_user=u", "log_password=p").Good();
        Assert.Equal(
            ("nats://a:4222,b:4222/orders", "u", "p", 5, TimeSpan.FromMinutes(1), 64L << 20),
            ($"{settings.Ordered!.Url}", settings.Ordered.User, settings.Ordered.Password, settings.Ordered.Replicas, settings.Ordered.Keep, settings.Ordered.BytesMax));
        Assert.Equal(
            (TimeSpan.FromSeconds(2), 3, TimeSpan.FromSeconds(4), 1L << 20, 2),
            (settings.Broadcast.PlaceTimeout, settings.Broadcast.ParcelsInFlightMax, settings.Broadcast.ClaimLease, settings.Broadcast.CatchUpRate, settings.Broadcast.CatchUpServersMax));
    }

    [Theory]
    [InlineData("redis", "--set: exactly_once=true needs log: an order that is in memory alone dies with its broadcaster, and nobody could go on in it", "exactly_once=true")]
    [InlineData("memcached", "--set: exactly_once=true needs protocol=redis: other servers do not do several requests as one", "exactly_once=true", Log)]
    [InlineData("line", "--set: exactly_once=true needs protocol=redis: other servers do not do several requests as one", "exactly_once=true")]
    [InlineData("redis", "--set: exactly_once_key must have 1 to 128 characters", "exactly_once_key=" + TooLong, Log)]
    [InlineData("raw", "--set: log needs a framed protocol: raw knows no requests that could be put into one order", Log)]
    [InlineData("memcached", "--set: memcached_cas=true and log (--set) cannot both be: the numbers of cas are each server's own", Log, "memcached_cas=true")]
    [InlineData("redis", "--set: log_user, log_token and log_creds are three ways to log in: one of them is to be set", Log, "log_user=u", "log_token=t")]
    [InlineData("redis", "--set: log_password without log_user", Log, "log_password=p")]
    public void What_cannot_work_together_is_a_fault(string protocol, string fault, params string[] sets) =>
        Assert.Equal([fault], Reading.OfSets([Reading.Servers, $"protocol={protocol}", .. sets]).Faults());

    [Theory]
    [InlineData("redis", "", false, "")]
    [InlineData("redis", Log, true, "dynode:watermark")]
    [InlineData("redis", Log + " exactly_once=false", false, "dynode:owner")]
    [InlineData("redis", Log + " exactly_once=true", true, "dynode:watermark")]
    [InlineData("redis", "exactly_once=auto", false, "")]
    [InlineData("memcached", Log, false, "")]
    [InlineData("line", Log, false, "")]
    public void Each_request_is_done_once_where_redis_has_its_order_of_a_log_and_nobody_says_otherwise(string protocol, string sets, bool isOnce, string ownKey)
    {
        var broadcast = Reading.OfSets([Reading.Servers, $"protocol={protocol}", .. sets.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).Good().Broadcast;
        Assert.Equal((isOnce, ownKey), (broadcast.ExactlyOnce, System.Text.Encoding.UTF8.GetString(broadcast.Framing.OwnKey.Span)));
    }

    [Theory]
    [InlineData("log=nats://a:4222")]
    [InlineData("log=nats://a/orders/more")]
    [InlineData("log=redis://a:6379/orders")]
    [InlineData("log=nats://user:secret@a:4222/orders")]
    [InlineData("log=nats://a:0/orders")]
    [InlineData("log=nats://a:65536/orders")]
    [InlineData("log=nats://:4222/orders")]
    public void What_is_no_place_of_a_stream_is_a_fault_that_shows_no_secret(string set)
    {
        string fault = Assert.Single(Reading.OfSets(Reading.Servers, "protocol=redis", set).Faults());
        Assert.StartsWith("--set: log: ", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("log", true)]
    [InlineData("log log_reads=local", true)]
    [InlineData("log log_reads=stream", false)]
    [InlineData("log_reads=local", false)]
    public void What_changes_no_data_is_marked_where_it_need_not_cross(string sets, bool marks) =>
        Assert.Equal(marks, Reading.OfSets([Reading.Servers, "protocol=redis", .. sets.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static set => set == "log" ? Log : set)]).Good().Broadcast.Framing.MarksReads);

    [Theory]
    [InlineData("log_window", "0", false)]
    [InlineData("log_window", "1", true)]
    [InlineData("log_window", "64", true)]
    [InlineData("log_window", "65", false)]
    [InlineData("log_lease", "2.999", false)]
    [InlineData("log_lease", "3", true)]
    [InlineData("log_keep", "59.999", false)]
    [InlineData("log_keep", "60", true)]
    [InlineData("log_replicas", "0", false)]
    [InlineData("log_replicas", "5", true)]
    [InlineData("log_replicas", "6", false)]
    [InlineData("log_bytes", "67108863", false)]
    [InlineData("log_bytes", "64m", true)]
    [InlineData("catchup_rate", "0", true)]
    [InlineData("catchup_rate", "1024g", true)]
    [InlineData("catchup_rate", "1025g", false)]
    [InlineData("catchup_servers", "0", false)]
    [InlineData("catchup_servers", "1", true)]
    [InlineData("catchup_servers", "1024", true)]
    [InlineData("catchup_servers", "1025", false)]
    [InlineData("log_timeout", "0.001", true)]
    [InlineData("log_timeout", "0", false)]
    public void Each_number_has_its_bounds(string key, string value, bool isGood) =>
        Assert.Equal(isGood, Reading.OfSets(Reading.Servers, "protocol=redis", Log, $"{key}={value}").Faults.IsEmpty);
}
