using System.Diagnostics;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

public sealed class SignalTests
{
    [Theory]
    [InlineData(UnixSignal.Terminate)]
    [InlineData(UnixSignal.Interrupt)]
    public async Task A_signal_to_end_drains_says_goodbye_on_both_sides_and_exits_0(UnixSignal signal)
    {
        using ScriptedServer server = ScriptedServer.Start(new() { ReadPaused = true, Echo = true });
        using RunningDynode dynode = RunningDynode.Start([server], ["drain_timeout=100", "linger_timeout=90"]);
        using TestClient client = await dynode.ClientAsync();
        await client.SendAsync("the last words");
        await server.ConnectionAsync(0);
        dynode.Process.Send(signal);
        await dynode.NotListeningAsync();
        server.ResumeReading();
        ReadToEnd read = await client.ReadToEndAsync();
        Assert.Equal("the last words", read.Text);
        Assert.False(read.WasReset);
        Assert.Equal(0, await dynode.Process.ExitAsync());
        Assert.Equal("the last words", server.ReceivedText);
        await Eventually.Equal(ConnectionEnd.PeerFin, () => server.Connections[0].End, server.Dump);
    }

    [Theory]
    [InlineData(UnixSignal.Terminate)]
    [InlineData(UnixSignal.Interrupt)]
    public async Task One_signal_sent_twice_is_one_whenever_the_second_copy_comes(UnixSignal signal)
    {
        // With nothing to drain the end takes a millisecond or two: each run has its second copy at another moment of it.
        const int Runs = 20;
        using ScriptedServer down = ScriptedServer.Down();
        for (int i = 0; i < Runs; i++)
        {
            using RunningDynode dynode = RunningDynode.Start([down]);
            await dynode.Process.LineAsync("accepting clients");
            dynode.Process.Send(signal);
            var since = Stopwatch.StartNew();
            while (since.Elapsed < TimeSpan.FromMicroseconds(150 * i))
                Thread.SpinWait(10);
            dynode.Process.SendIfThere(signal);
            Assert.Equal(0, await dynode.Process.ExitAsync());
            Assert.Contains(dynode.Process.Lines, line => line.Contains("stopped after", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_drain_timeout_ends_what_does_not_end()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { AnswerEnd = false });
        using RunningDynode dynode = RunningDynode.Start([server], ["drain_timeout=1"]);
        using TestClient client = await dynode.ClientAsync();
        await server.ConnectionAsync(0);
        dynode.Process.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.Process.ExitAsync());
    }

    [Fact]
    public async Task A_second_signal_ends_at_once()
    {
        using ScriptedServer server = ScriptedServer.Start(new() { AnswerEnd = false });
        using RunningDynode dynode = RunningDynode.Start([server], ["drain_timeout=1000", "linger_timeout=1000"]);
        using TestClient client = await dynode.ClientAsync();
        await server.ConnectionAsync(0);
        dynode.Process.Send(UnixSignal.Terminate);
        await dynode.NotListeningAsync();

        // One right behind the first would be taken for its copy, so it is sent until it is heard.
        await Eventually.True(
            () =>
            {
                if (!dynode.Process.HasExited)
                    dynode.Process.Send(UnixSignal.Terminate);
                return dynode.Process.HasExited;
            },
            dynode.Process.Dump);
    }

    [Fact]
    public async Task After_a_hang_up_new_servers_of_the_file_are_served()
    {
        using ScriptedServer old = ScriptedServer.Start();
        using ScriptedServer added = ScriptedServer.Start();
        using RunningDynode dynode = RunningDynode.Start([old]);
        using TestClient running = await dynode.ClientAsync();
        await running.SendAsync("before");
        await old.ReceivedTextAsync("before");
        dynode.Configure([old, added]);
        dynode.Process.Send(UnixSignal.Hangup);

        // When it has read the file is not seen from outside: one client after another asks.
        await Eventually.True(
            () =>
            {
                using TestClient? probe = TestClient.TryConnect(dynode.Port);
                return added.Accepted > 0;
            },
            dynode.Process.Dump);
        using TestClient later = await dynode.ClientAsync();
        await later.SendAsync("after");
        await Eventually.True(() => added.ReceivedText.Contains("after", StringComparison.Ordinal), added.Dump);
        Assert.False(dynode.Process.HasExited);
    }

    [Theory]
    [InlineData("redis", "made the servers equal: 0 gaps closed")]
    [InlineData("raw", "SIGUSR1 has no meaning with protocol=raw")]
    public async Task The_operators_word_that_the_servers_are_equal_is_answered_by_one_line_and_nothing_ends(string protocol, string line)
    {
        using ScriptedServer server = ScriptedServer.Start();
        using RunningDynode dynode = RunningDynode.Start([server], [$"protocol={protocol}"]);
        using (await dynode.ClientAsync())
        {
            await dynode.Process.LineAsync("accepting clients");
            dynode.Process.Send(UnixSignal.User1);
            string said = await dynode.Process.LineAsync(line);
            dynode.Process.Send(UnixSignal.User1);
            await dynode.Process.LineAsync(line, after: dynode.Process.Lines.ToList().IndexOf(said) + 1);
        }

        using TestClient later = await dynode.ClientAsync();
        Assert.Equal(2, dynode.Process.Lines.Count(said => said.Contains("equal", StringComparison.Ordinal) || said.Contains("SIGUSR1", StringComparison.Ordinal)));
        Assert.False(dynode.Process.HasExited);
    }

    [Fact]
    public async Task A_hang_up_with_a_bad_file_changes_nothing_and_says_why()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using RunningDynode dynode = RunningDynode.Start([server]);
        using TestClient running = await dynode.ClientAsync();
        await running.SendAsync("before");
        await server.ReceivedTextAsync("before");
        int after = dynode.Process.Lines.Count;
        dynode.Configure([], "connect_timeout=soon");
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("connect_timeout", after);
        using TestClient later = await dynode.ClientAsync();
        await later.SendAsync(" and after");
        await server.ReceivedTextAsync("before and after");
        await running.SendAsync(" and on");
        await server.ReceivedTextAsync("before and after and on");
    }
}
