using System.Collections.Immutable;
using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Native.Handover;
using Dynode.Native.Membership;
using Dynode.Native.State;

namespace Dynode.UnitTests.Native.Membership;

/// <summary>How servers are spoken to, wherever they come from: what their list says, else what backend_tls says; and what is kept of that.</summary>
public sealed class SpokenToTests
{
    [Fact]
    public void Configured_listed_and_added_servers_are_spoken_to_as_they_say_and_else_as_all_are()
    {
        var settings = new MembershipSettings { Servers = Of("tls://a:1", "b:1", "tcp://c:1"), Added = Of("e:1"), AutoUpdate = true };
        var state = new MembershipState();
        state.Configure(settings);
        Assert.Equal("tls://a:1 tcp://b:1 tcp://c:1 tls://d:1 tcp://e:1", Said(state.Take(ListVerdict.Good(Of("tcp://a:1", "tls://d:1", "tls://b:1")))));
        Assert.Equal("tls://a:1 tls://b:1 tcp://c:1 tls://d:1 tls://e:1", Said(state.Configure(settings with { ByTls = true })));
    }

    [Fact]
    public void A_change_of_that_alone_is_a_change_and_no_other_order()
    {
        var state = new MembershipState();
        state.Configure(new() { Servers = Of("a:1", "b:1") });
        SetChange change = state.Configure(new() { Servers = Of("a:1", "tls://b:1") })!;
        Assert.Equal(("tls://b:1", "none", "none"), (change.Otherwise, change.Added, change.Removed));
        Assert.Null(state.Configure(new() { Servers = Of("tcp://a:1", "tls://b:1") }));
        Assert.Equal("tls://a:1", state.Configure(new() { Servers = Of("a:1", "b:1"), ByTls = true })!.Otherwise);
        Assert.Equal("", state.Configure(new() { Servers = Of("b:1", "a:1") })!.Otherwise);
    }

    [Fact]
    public void The_addresses_of_a_name_are_to_show_a_certificate_for_the_name()
    {
        var settings = new MembershipSettings { Servers = Of("tls://redis.test:1", "b:1"), Names = Of("redis.test:1") };
        var state = new MembershipState();
        state.Configure(settings);
        ImmutableArray<BackendAddress> servers = state.Take(settings.Names[0], Of("10.0.0.1:1", "10.0.0.2:1"))!.After.Addresses;
        Assert.Equal(["tls://10.0.0.1:1 redis.test", "tls://10.0.0.2:1 redis.test", "tcp://b:1 "], servers.Select(static server => $"{ServerScheme.Write(server)} {server.CertifiedHost}"));

        // At once, without another lookup.
        Assert.Equal("tcp://10.0.0.1:1 tcp://10.0.0.2:1 tcp://b:1", Said(state.Configure(settings with { Servers = Of("tcp://redis.test:1", "b:1") })));
    }

    [Fact]
    public void What_a_list_has_said_is_kept_over_a_restart_and_goes_over_to_a_successor()
    {
        var kept = KeptState.Empty with { List = new("http://lists", "0badcafe", DateTimeOffset.UnixEpoch, Of("tls://a:1", "b:1", "tcp://c:1")) };
        KeptState read = StateText.Read(StateText.Write(kept, DateTimeOffset.UnixEpoch), out string? fault)!;
        Assert.Null(fault);
        Assert.Equal(["tls://a:1", "b:1", "tcp://c:1"], read.List!.Servers.Select(ServerScheme.Write));
        var handed = new HandedState(7, kept, Of("tls://a:1", "tcp://b:1"));
        Assert.EndsWith("\ntls://a:1\ntcp://b:1\n", Encoding.UTF8.GetString(handed.Write()), StringComparison.Ordinal);
        Assert.Equal(["tls://a:1", "tcp://b:1"], HandedState.Read(handed.Write(), out _)!.Servers.Select(ServerScheme.Write));
    }

    /// <summary>Each by itself too: one that dies while it hands over has said no more of a server than this.</summary>
    [Theory]
    [InlineData("a:1", "")]
    [InlineData("tcp://a:1", "")]
    [InlineData("tls://a:1", "")]
    [InlineData("tls://10.0.0.1:1", "redis.test")]
    [InlineData("tls://[::1]:1", "redis.test")]
    [InlineData("tcp://10.0.0.1:1", "redis.test")]
    [InlineData("unix:/run/redis.sock", "")]
    public void How_a_server_is_spoken_to_and_whose_certificate_it_shows_goes_over(string text, string certified)
    {
        BackendAddress server = Of(text)[0] with { CertifiedHost = certified };
        Assert.True(HandedAddress.TryParse(HandedAddress.Write(server), out var read));
        Assert.Equal((server, server.ByTls, certified), (read, read.ByTls, read.CertifiedHost));
        read = HandedState.Read(new HandedState(7, KeptState.Empty, [server]).Write(), out _)!.Servers[0];
        Assert.Equal((server, server.ByTls, certified), (read, read.ByTls, read.CertifiedHost));
    }

    private static ImmutableArray<BackendAddress> Of(params string[] servers) =>
        [.. servers.Select(static server => ServerScheme.TryParse(server, out var address, out string? fault) ? address : throw new ArgumentException(fault))];

    private static string Said(SetChange? change) => string.Join(' ', change!.After.Addresses.Select(ServerScheme.Write));
}
