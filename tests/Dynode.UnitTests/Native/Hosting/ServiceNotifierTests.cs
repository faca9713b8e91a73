using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Dynode.Native.Hosting;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Hosting;

/// <summary>What a service manager hears, on a socket of a file or of an abstract name; and what happens where there is none.</summary>
public sealed class ServiceNotifierTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment = [];
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    private int _probes;

    public void Dispose()
    {
        _manager.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_hears_when_the_broadcaster_is_ready_reads_again_and_stops(bool isAbstract)
    {
        Listen(isAbstract);
        using ServiceNotifier service = Service();
        Assert.Equal("", Heard());
        service.Ready();
        Assert.Equal("READY=1", Heard());
        service.Reloading();
        Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[0-9]+$", Heard());
        service.Reloaded();
        Assert.Equal("READY=1", Heard());
        service.Stopping(TimeSpan.FromSeconds(10));
        Assert.Equal("STOPPING=1\nEXTEND_TIMEOUT_USEC=70000000", Heard());
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(("", 0), (Heard(), _probes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(89)]
    [InlineData(91)]
    [InlineData(3600)]
    public void A_manager_that_gives_a_start_90_seconds_waits_as_long_as_the_first_list_takes(int seconds)
    {
        Listen();
        using ServiceNotifier service = Service();
        service.Waiting("waiting for a list");

        // As systemd does: what is left is the time that it gave, or what it was told last, whichever is later.
        DateTimeOffset ends = _time.GetUtcNow() + TimeSpan.FromSeconds(90);
        for (int i = 0; i < seconds; i++)
        {
            while (Heard() is { Length: > 0 } word)
            {
                Assert.StartsWith("STATUS=waiting for a list\nEXTEND_TIMEOUT_USEC=", word, StringComparison.Ordinal);
                DateTimeOffset extended = _time.GetUtcNow() + TimeSpan.FromMicroseconds(long.Parse(word[(word.LastIndexOf('=') + 1)..], CultureInfo.InvariantCulture));
                ends = extended > ends ? extended : ends;
            }

            Assert.True(_time.GetUtcNow() < ends, $"killed after {i} s");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        while (Heard().Length > 0)
        {
        }

        service.Ready();
        Assert.Equal("READY=1\nSTATUS=accepting clients", Heard());
        service.Ready();
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("", Heard());
    }

    [Fact]
    public void Where_it_is_ready_at_once_nothing_is_waited_for()
    {
        Listen();
        using ServiceNotifier service = Service();
        service.Ready();
        service.Waiting("waiting for a list");
        Assert.Equal("READY=1", Heard());
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("", Heard());
    }

    [Fact]
    public void A_reload_before_it_is_ready_does_not_make_it_so()
    {
        Listen();
        using ServiceNotifier service = Service();
        service.Waiting("waiting for a list");
        Assert.NotEqual("", Heard());
        service.Reloading();
        service.Reloaded();
        Assert.Equal("", Heard());
        service.Stopping(TimeSpan.FromSeconds(10));
        Assert.Equal("STOPPING=1\nEXTEND_TIMEOUT_USEC=70000000", Heard());
        service.Ready();
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("", Heard());
    }

    [Fact]
    public void A_watchdog_hears_twice_in_its_time_and_each_time_the_broadcaster_was_asked()
    {
        Listen();
        _environment["WATCHDOG_USEC"] = "30000000";
        _environment["WATCHDOG_PID"] = $"{Environment.ProcessId}";
        using ServiceNotifier service = Service();
        for (int i = 1; i <= 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(15) - TimeSpan.FromMilliseconds(1));
            Assert.Equal("", Heard());
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(("WATCHDOG=1", i), (Heard(), _probes));
        }
    }

    [Theory]
    [InlineData("0", null)]
    [InlineData("", null)]
    [InlineData("soon", null)]
    [InlineData("-5", null)]
    [InlineData("30000000", "1")]
    public void Without_a_time_or_for_another_process_there_is_no_watchdog(string microseconds, string? pid)
    {
        Listen();
        _environment["WATCHDOG_USEC"] = microseconds;
        if (pid is not null)
            _environment["WATCHDOG_PID"] = pid;
        using ServiceNotifier service = Service();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(("", 0), (Heard(), _probes));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/nobody/is/here")]
    [InlineData("@nobody-is-here")]
    [InlineData("/a-name/that-is-longer/than-any-socket/may-have/0123456789012345678901234567890123456789012345678901234567890123456789")]
    [InlineData("@a-name/that-is-longer/than-any-socket/may-have/0123456789012345678901234567890123456789012345678901234567890123456789")]
    public void Where_nobody_listens_nothing_is_said_and_nothing_fails(string? name)
    {
        if (name is not null)
            _environment["NOTIFY_SOCKET"] = name;
        _environment["WATCHDOG_USEC"] = "1000000";
        using ServiceNotifier service = Service();
        service.Ready();
        service.Stopping(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, _probes);
    }

    [Theory]
    [InlineData("1", 0.01)]
    [InlineData("30000000", 15)]
    [InlineData("18446744073709551615", 86_400)]
    public void A_watchdog_of_any_time_is_heard_of_in_one_that_can_be_kept(string microseconds, double seconds)
    {
        Listen();
        _environment["WATCHDOG_USEC"] = microseconds;
        using ServiceNotifier service = Service();
        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(("", 0), (Heard(), _probes));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(("WATCHDOG=1", 1), (Heard(), _probes));
    }

    [Fact]
    public void A_manager_that_does_not_listen_is_waited_for_no_longer_than_it_takes_to_see_that()
    {
        Listen();
        using ServiceNotifier service = Service();
        using var others = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        others.Connect(_manager.LocalEndPoint!);
        SocketError error;
        do
            others.Send("x"u8, SocketFlags.None, out error);
        while (error == SocketError.Success);
        Assert.Equal(SocketError.WouldBlock, error);
        service.Stopping(TimeSpan.FromSeconds(10));
        while (Heard() is { Length: > 0 } word)
            Assert.Equal("x", word);
        service.Stopping(TimeSpan.FromSeconds(10));
        Assert.Equal("STOPPING=1\nEXTEND_TIMEOUT_USEC=70000000", Heard());
    }

    [Fact]
    public void A_manager_that_goes_away_later_does_no_harm()
    {
        Listen();
        _environment["WATCHDOG_USEC"] = "1000000";
        using ServiceNotifier service = Service();
        _manager.Dispose();
        service.Ready();
        _time.Advance(TimeSpan.FromMinutes(1));
        service.Stopping(TimeSpan.FromSeconds(10));
        Assert.True(_probes > 0);
    }

    private ServiceNotifier Service() => new(name => _environment.GetValueOrDefault(name), () => _probes++, _time);

    private void Listen(bool isAbstract = false)
    {
        string name = isAbstract ? $"@{_folder.Path}" : Path.Combine(_folder.Path, "notify");
        _manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? $"\0{name[1..]}" : name));
        _environment["NOTIFY_SOCKET"] = name;
    }

    /// <summary>One word of the broadcaster's; empty: it has said none.</summary>
    private string Heard()
    {
        byte[] bytes = new byte[1000];
        int count = _manager.Receive(bytes, SocketFlags.None, out SocketError error);
        return error == SocketError.WouldBlock ? "" : Encoding.ASCII.GetString(bytes, 0, count);
    }
}
