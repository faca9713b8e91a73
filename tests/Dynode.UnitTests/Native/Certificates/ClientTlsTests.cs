using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Certificates;

/// <summary>Certificates that are swapped on disk are shown within ten seconds; bad ones never are, and are said.</summary>
public sealed class ClientTlsTests : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);

    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly Lines _log = new();

    [Fact]
    public void A_new_pair_is_shown_at_the_next_look()
    {
        Write(_folder.Path, _authority.Issue("one.test"));
        using var tls = Start();
        Assert.Equal("one.test", Shown(tls));
        Write(_folder.Path, _authority.Issue("two.test"));
        _time.Advance(Look - TimeSpan.FromTicks(1));
        Assert.Equal("one.test", Shown(tls));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("two.test", Shown(tls));
        Assert.Contains("two.test until", Assert.Single(_log.All), StringComparison.Ordinal);
        _time.Advance(10 * Look);
        Assert.Single(_log.All);
    }

    /// <summary>As Kubernetes does it: the files are links through a folder that is a link, and that one is renamed over.</summary>
    [Fact]
    public void A_link_in_the_midst_of_the_path_that_is_swapped_is_followed()
    {
        string first = Directory.CreateDirectory($"{_folder.Path}/..1").FullName, second = Directory.CreateDirectory($"{_folder.Path}/..2").FullName;
        Write(first, _authority.Issue("one.test"));
        Write(second, _authority.Issue("two.test"));
        Directory.CreateSymbolicLink($"{_folder.Path}/..data", "..1");
        File.CreateSymbolicLink($"{_folder.Path}/certificate.pem", "..data/certificate.pem");
        File.CreateSymbolicLink($"{_folder.Path}/key.pem", "..data/key.pem");
        using var tls = Start();
        Directory.CreateSymbolicLink($"{_folder.Path}/..new", "..2");
        Directory.Move($"{_folder.Path}/..new", $"{_folder.Path}/..moved");
        Directory.Delete($"{_folder.Path}/..data");
        Directory.Move($"{_folder.Path}/..moved", $"{_folder.Path}/..data");
        _time.Advance(Look);
        Assert.Equal("two.test", Shown(tls));
    }

    [Fact]
    public void A_bad_pair_changes_nothing_and_is_said_once_and_each_hour()
    {
        var one = _authority.Issue("one.test");
        Write(_folder.Path, one);
        using var tls = Start();
        Write(_folder.Path, _authority.Issue("two.test") with { Key = one.Key });
        for (int i = 0; i < 30; i++)
            _time.Advance(Look);
        Assert.Equal("one.test", Shown(tls));
        Assert.Contains("is not the key of", Assert.Single(_log.All), StringComparison.Ordinal);
        Assert.Contains("is not the key of", tls.Fault, StringComparison.Ordinal);
        for (int i = 0; i < 360; i++)
            _time.Advance(Look);
        Assert.Equal(2, _log.All.Count);

        // Back to what is shown: nothing is wrong any more, and nothing is new.
        Write(_folder.Path, one);
        _time.Advance(Look);
        Assert.Null(tls.Fault);
        Assert.Equal(2, _log.All.Count);
        Write(_folder.Path, _authority.Issue("three.test"));
        _time.Advance(Look);
        Assert.Equal("three.test", Shown(tls));
        Assert.Equal(3, _log.All.Count);
    }

    [Fact]
    public void Files_that_go_away_change_nothing()
    {
        Write(_folder.Path, _authority.Issue("one.test"));
        using var tls = Start();
        File.Delete($"{_folder.Path}/key.pem");
        _time.Advance(Look);
        Assert.Equal("one.test", Shown(tls));
        Assert.EndsWith("key.pem does not exist", tls.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_comes_to_its_end_in_its_place_is_said_once_and_each_hour_until_there_is_another()
    {
        Write(_folder.Path, _authority.Issue(_time.GetUtcNow().AddDays(-1), _time.GetUtcNow().AddSeconds(35), "one.test"));
        using var tls = Start();
        for (int i = 0; i < 3; i++)
            _time.Advance(Look);
        Assert.Empty(_log.All);
        _time.Advance(Look);
        Assert.StartsWith("certificate out of date", Assert.Single(_log.All), StringComparison.Ordinal);
        for (int i = 0; i < 359; i++)
            _time.Advance(Look);
        Assert.Single(_log.All);
        _time.Advance(Look);
        Assert.Equal(2, _log.All.Count);
        Assert.Equal("one.test", Shown(tls));
        Write(_folder.Path, _authority.Issue("two.test"));
        for (int i = 0; i < 400; i++)
            _time.Advance(Look);
        Assert.Equal(("two.test", 3), (Shown(tls), _log.All.Count));
    }

    [Fact]
    public void What_is_swapped_in_while_it_starts_is_not_missed()
    {
        Write(_folder.Path, _authority.Issue("one.test"));
        var first = ShownToClients.Load(Settings, TlsValues.Read, _time.GetUtcNow(), out _);
        Write(_folder.Path, _authority.Issue("two.test"));
        using var tls = new ClientTls(first!, TlsValues.Read, _log, _time);
        _time.Advance(Look);
        Assert.Equal(("two.test", 0), (Shown(tls), _log.All.Count));
    }

    [Fact]
    public async Task Files_that_do_not_answer_are_waited_for_once()
    {
        Write(_folder.Path, _authority.Issue("one.test"));
        var first = ShownToClients.Load(Settings, TlsValues.Read, _time.GetUtcNow(), out _);
        int reading = 0;
        bool hangs = false;
        using var answers = new ManualResetEventSlim();
        var ticks = new OneTimer();
        using var tls = new ClientTls(first!, Reading, _log, ticks);
        Volatile.Write(ref hangs, true);
        Task looks = Task.Run(ticks.Tick);
        await Eventually.Equal(1, () => Volatile.Read(ref reading));
        for (int i = 0; i < 5; i++)
            await Task.Run(ticks.Tick).WaitAsync(Deadline.Default);
        Assert.Equal(1, Volatile.Read(ref reading));
        answers.Set();
        await looks.WaitAsync(Deadline.Default);

        byte[]? Reading(string path, out string? fault)
        {
            if (Volatile.Read(ref hangs))
            {
                Interlocked.Increment(ref reading);
                answers.Wait(Deadline.Default);
            }

            return TlsValues.Read(path, out fault);
        }
    }

    /// <summary>Good, broken, expired, half-written and missing pairs by turns: what is shown is always the last good one that was seen.</summary>
    [Fact]
    public void Whatever_is_swapped_in_the_last_good_one_is_shown() => Seed.Run(random =>
    {
        Write(_folder.Path, _authority.Issue("n0.test"));
        using var tls = Start();
        string last = "n0.test";
        for (int i = 1; i <= 100; i++)
        {
            var pair = _authority.Issue($"n{i}.test");
            switch (random.Next(6))
            {
                case 0:
                    pair = pair with { Key = _authority.Issue("x.test").Key };
                    break;
                case 1:
                    pair = pair with { Certificate = pair.Certificate[..random.Next(pair.Certificate.Length - 30)] };
                    break;
                case 2:
                    pair = _authority.Issue(_time.GetUtcNow().AddDays(-3), _time.GetUtcNow().AddDays(-1), $"n{i}.test");
                    break;
                default:
                    last = $"n{i}.test";
                    break;
            }

            Write(_folder.Path, pair);
            if (random.Next(4) == 0)
                tls.Apply(Settings);
            else
                _time.Advance(Look);
            Assert.Equal(last, Shown(tls));
        }
    });

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    private TlsSettings Settings => new() { Certificates = [new($"{_folder.Path}/certificate.pem", $"{_folder.Path}/key.pem")] };

    private ClientTls Start()
    {
        var first = ShownToClients.Load(Settings, TlsValues.Read, _time.GetUtcNow(), out string? fault);
        Assert.True(first is not null, fault);
        return new ClientTls(first, TlsValues.Read, _log, _time);
    }

    private static string Shown(ClientTls tls) => tls.OptionsFor("").ServerCertificateContext!.TargetCertificate.Subject["CN=".Length..];

    private static void Write(string folder, IssuedPair pair)
    {
        File.WriteAllText($"{folder}/certificate.pem", pair.Certificate);
        File.WriteAllText($"{folder}/key.pem", pair.Key);
    }

    /// <summary>The system's clock, with a timer that a test has tick.</summary>
    private sealed class OneTimer : TimeProvider
    {
        public Action Tick { get; private set; } = static () => { };

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Tick = () => callback(state);
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private sealed class Lines : ILogger
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception));
    }
}
