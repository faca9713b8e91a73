using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Dynode.Broadcast.Backends;
using Dynode.Native.Membership;
using Microsoft.Extensions.Logging;
using Xunit;
using static Dynode.Scenarios.MembershipListServer;

namespace Dynode.Scenarios;

public class MembershipTests
{
    private readonly BlockingCollection<string> _applied = [];
    private readonly Lines _log = new();

    // The client must not go through the machine's proxy here either.
    static MembershipTests() => HttpClient.DefaultProxy = new MembershipProxy();

    [Fact]
    public void Without_auto_update_the_configured_set_is_applied_before_Start_returns()
    {
        using var membership = Make(new MembershipSettings { Servers = Servers("a:1", "b:1") });
        membership.Start(set => _applied.Add(set.ToString()));
        Assert.Equal("a:1, b:1", Assert.Single(_applied));
        membership.Update(new MembershipSettings { Servers = Servers("b:1", "c:1") });
        Assert.Equal(["a:1, b:1", "b:1, c:1"], _applied);
        Assert.Equal(["3001 servers: a:1, b:1", "3002 servers changed: added c:1; removed a:1"], _log.Texts);
    }

    [Fact]
    public void The_first_set_is_the_union_and_waits_for_the_first_good_answer()
    {
        var answers = new BlockingCollection<string>();
        using var server = Scripted(answers);
        using var membership = Make(Settings(server, 0.05) with { Servers = Servers("c:1") });
        membership.Start(set => _applied.Add(set.ToString()));
        answers.Add("500");
        answers.Add("[]");
        answers.Add("[\"b\"]");
        Next(server.Requests);
        Next(server.Requests);
        Next(server.Requests);
        Next(server.Requests);
        Assert.Empty(_applied);
        answers.Add("[\"b:1\",\"C:1\"]");
        Assert.Equal("c:1, b:1", Next(_applied));
        Assert.Equal($"3011 no server list from http://localhost:{server.Port}/list: HTTP 500; no client is accepted before the first one (fault 1 in a row)", _log.Texts[0]);
    }

    [Fact]
    public void A_bad_update_keeps_the_last_good_set()
    {
        var answers = new BlockingCollection<string> { "[\"a:1\",\"b:1\"]" };
        using var server = Scripted(answers);
        using var membership = Make(Settings(server, 0.02));
        membership.Start(set => _applied.Add(set.ToString()));
        Assert.Equal("a:1, b:1", Next(_applied));
        foreach (string bad in (string[])["[]", "404", "[\"a:1\",null]", "{}", "[\"a:1\"", ""])
            answers.Add(bad);
        answers.Add("[\"b:1\",\"c:1\"]");
        Assert.Equal("b:1, c:1", Next(_applied));
        Assert.Contains("3002 servers changed: added c:1; removed a:1", _log.Texts);
        Assert.Contains(_log.Texts, line => line.StartsWith("3010 ", StringComparison.Ordinal));
        Assert.Single(_log.Texts, line => line.StartsWith("3010 ", StringComparison.Ordinal));
    }

    [Fact]
    public void With_refresh_0_one_success_is_enough_and_a_reload_asks_again()
    {
        var answers = new BlockingCollection<string> { "[\"a:1\"]" };
        using var server = Scripted(answers);
        using var membership = Make(Settings(server, 0));
        membership.Start(set => _applied.Add(set.ToString()));
        Assert.Equal("a:1", Next(_applied));
        answers.Add("[\"b:1\"]");
        membership.Update(Settings(server, 0) with { Servers = Servers("x:1") });
        Assert.Equal("x:1, a:1", Next(_applied));
        Assert.Equal("x:1, b:1", Next(_applied));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public void A_reload_does_not_wait_for_a_request_that_hangs()
    {
        using var hanging = new MembershipListServer((stream, _) => Hang(stream));
        using var server = Answering("[\"a:1\"]");
        using var membership = Make(Settings(hanging, 10) with { Timeout = TimeSpan.FromMinutes(10) });
        membership.Start(set => _applied.Add(set.ToString()));
        Next(hanging.Requests);
        membership.Update(Settings(server, 10));
        Assert.Equal("a:1", Next(_applied));
        membership.Update(new MembershipSettings { Servers = Servers("x:1") });
        Assert.Equal("x:1", Next(_applied));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[")]
    public void The_end_does_not_wait_for_a_request_that_hangs(string beginning)
    {
        using var begun = new SemaphoreSlim(0);
        using var hanging = new MembershipListServer((stream, _) => { Send(stream, beginning); begun.Release(); Hang(stream); });
        var membership = Make(Settings(hanging, 10) with { Timeout = TimeSpan.FromMinutes(10) });
        membership.Start(set => _applied.Add(set.ToString()));
        Assert.True(begun.Wait(MembershipFetch.Patience));
        long start = Stopwatch.GetTimestamp();
        membership.Dispose();
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1.5));
        Assert.Empty(_applied);
        Assert.Empty(_log.Texts);
    }

    // Each answer in its turn; the last one stays.
    private static MembershipListServer Scripted(BlockingCollection<string> answers)
    {
        string last = "";
        return new MembershipListServer((stream, _) =>
        {
            last = answers.TryTake(out string? next, last.Length == 0 ? Timeout.Infinite : 0) ? next : last;
            bool isStatus = int.TryParse(last, out int status);
            Send(stream, $"HTTP/1.1 {(isStatus ? status : 200)} So\r\nContent-Length: {last.Length}\r\n\r\n{last}");
        });
    }

    private static MembershipSettings Settings(MembershipListServer server, double refresh) =>
        new() { AutoUpdate = true, Url = new Uri(server.Url), Refresh = TimeSpan.FromSeconds(refresh), Timeout = MembershipFetch.Patience };

    private static ImmutableArray<BackendAddress> Servers(params string[] servers) =>
        [.. servers.Select(server => BackendAddress.TryParse(server, out BackendAddress? address, out string? fault) ? address : throw new ArgumentException(fault))];

    private static string Next(BlockingCollection<string> values)
    {
        Assert.True(values.TryTake(out string? value, MembershipFetch.Patience), "nothing came");
        return value;
    }

    private MembershipService Make(MembershipSettings settings) => new(settings, _log, TimeProvider.System, NameLookups.OfSystem(1), static () => MembershipFetch.System);

    private sealed class Lines : ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyList<string> Texts => [.. _lines];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel > LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                _lines.Enqueue($"{eventId.Id} {formatter(state, exception)}");
        }
    }
}
