using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class ReloadTests
{
    private static readonly HostSettings Running = Reading.OfSets(Reading.Servers, "log_format=text").Good();

    [Fact]
    public void What_did_not_change_is_not_named()
    {
        // Another place and another spelling of the same.
        Reload reload = Reload.Between(Running, Reading.OfFile("servers=10.0.0.1:06379\nport=9000\nconnect_timeout=5.0\nbacklog_bytes=262144"));

        Assert.Empty(reload.Applied);
        Assert.Empty(reload.NeedRestart);
        Assert.NotNull(reload.Settings);
    }

    [Fact]
    public void Servers_timeouts_limits_and_level_are_applied()
    {
        Reload reload = Reload.Between(Running, Reading.OfSets(
            "servers=b:2", "stall_timeout=1.5", "max_clients=7", "backlog_bytes=1m", "memory_max=64m", "log_level=DEBUG"));

        Assert.Equal(
            ["servers", "log_level", "memory_max", "backlog_bytes", "stall_timeout", "max_clients"],
            reload.Applied.Select(key => key.Name));
        Assert.Empty(reload.NeedRestart);
        Assert.Equal(TimeSpan.FromSeconds(1.5), reload.Settings!.Broadcast.StallTimeout);
        Assert.Equal("b:2", Assert.Single(reload.Settings.Membership.Servers).ToString());
        Assert.Equal(64 << 20, reload.Settings.Broadcast.MemoryBytesMax);
    }

    [Fact]
    public void What_needs_a_restart_is_named_and_stays_and_is_named_again()
    {
        ConfigurationReading reading = Reading.OfSets(Reading.Servers, "port=9001", "host=*", "reply=primary", "log_format=json", "connect_timeout=1");
        Reload reload = Reload.Between(Running, reading);

        Assert.Equal(["host", "port", "log_format", "reply"], reload.NeedRestart.Select(key => key.Name));
        Assert.Equal(["connect_timeout"], reload.Applied.Select(key => key.Name));
        Assert.Equal(Running.Broadcast with { ConnectTimeout = TimeSpan.FromSeconds(1) }, reload.Settings!.Broadcast);
        Assert.Equal(reload.NeedRestart, Reload.Between(reload.Settings, reading).NeedRestart);
        Assert.Empty(Reload.Between(reload.Settings, reading).Applied);
    }

    [Fact]
    public void The_listener_the_doors_the_log_format_and_whose_replies_come_need_a_restart_and_nothing_else_of_raw_does() =>
        Assert.Equal(
            ["host", "port", "log_format", "backlog_size", "reuse_addr", "discard_responses", "protocol", "reply", "raw_resume", "control", "admin", "admin_tls", "state_directory", "log", "tls_port", "tls_handshakes_max", "listen_unix", "listen_unix_mode"],
            KeyTable.All.Where(key => key is { Reload: ReloadEffect.NeedsRestart } && key.Scope.HasFlag(ProtocolScope.Raw)).Select(key => key.Name));

    [Fact]
    public void Defaults_that_were_computed_for_a_protocol_that_waits_are_not_applied()
    {
        Reload reload = Reload.Between(Running, Reading.OfSets(Reading.Servers, "protocol=redis", "max_clients=7"));

        Assert.Equal(["protocol", "reply"], reload.NeedRestart.Select(key => key.Name));
        Assert.Equal([ConfigurationKeys.MaxClients], reload.Applied);
        Assert.Equal(Running.Broadcast with { ClientsMax = 7 }, reload.Settings!.Broadcast);
    }

    [Fact]
    public void Passwords_and_bounds_of_a_framed_protocol_are_applied_and_defaults_follow()
    {
        HostSettings running = Reading.OfSets(Reading.Servers, "protocol=redis").Good();
        Reload reload = Reload.Between(
            running, Reading.OfSets(Reading.Servers, "protocol=redis", "client_password=x", "memory_max=16m", "max_in_flight=8", "memcached_cas=true"));

        Assert.Equal(
            ["client_password", "memory_max", "backlog_bytes", "max_request_bytes", "max_reply_bytes"], reload.Applied.Select(key => key.Name));
        Assert.Equal(["memcached_cas", "max_in_flight"], reload.NeedRestart.Select(key => key.Name));
        Assert.Equal("x", reload.Settings!.Broadcast.Framing.ClientPassword);
        Assert.Equal(8 << 20, reload.Settings.Broadcast.BacklogBytesMax);
        Assert.Equal(2 << 20, reload.Settings.Broadcast.Framing.RequestBytesMax);
        Assert.Equal(65_536, reload.Settings.Broadcast.InFlightMax);
    }

    [Fact]
    public void A_bad_file_changes_nothing_and_every_fault_is_told()
    {
        Reload reload = Reload.Between(Running, Reading.OfSets("servers=b:2", "port=x", "stall_timeout=x"));

        Assert.Null(reload.Settings);
        Assert.Empty(reload.Applied);
        Assert.Equal(2, reload.Faults.Length);
    }

    [Fact]
    public void A_new_server_where_this_listener_still_is_waits_for_the_restart()
    {
        Reload reload = Reload.Between(Running, Reading.OfSets("servers=localhost:9000", "port=9001"));

        Assert.Null(reload.Settings);
        Assert.Contains("is this broadcaster itself", Assert.Single(reload.Faults).Text, StringComparison.Ordinal);
        Assert.Equal([ConfigurationKeys.Port], reload.NeedRestart);
    }
}
