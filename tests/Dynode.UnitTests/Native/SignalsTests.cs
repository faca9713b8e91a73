using System.Runtime.InteropServices;
using Dynode.Native.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native;

public sealed class SignalsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<PosixSignal> _atOnce = [];
    private readonly Signals _signals;

    public SignalsTests() => _signals = new Signals(_atOnce.Add, _time);

    public void Dispose() => _signals.Dispose();

    [Fact]
    public void A_second_signal_ends_at_once()
    {
        _signals.Take(PosixSignal.SIGTERM);
        Assert.Equal(PosixSignal.SIGTERM, _signals.Next());
        _time.Advance(Signals.SameSignal);
        _signals.Take(PosixSignal.SIGINT);
        Assert.Equal([PosixSignal.SIGINT], _atOnce);
    }

    [Fact]
    public void One_signal_that_is_sent_to_the_process_and_to_its_group_is_one()
    {
        _signals.Take(PosixSignal.SIGTERM);
        _time.Advance(Signals.SameSignal - TimeSpan.FromTicks(1));
        _signals.Take(PosixSignal.SIGTERM);
        Assert.Empty(_atOnce);
        _time.Advance(TimeSpan.FromTicks(1));
        _signals.Take(PosixSignal.SIGTERM);
        Assert.Single(_atOnce);
    }

    [Fact]
    public void What_comes_behind_the_end_changes_nothing()
    {
        _signals.Take(PosixSignal.SIGTERM);
        _signals.Dispose();
        _time.Advance(Signals.SameSignal);
        _signals.Take(PosixSignal.SIGTERM);
        _signals.Take(PosixSignal.SIGHUP);
        Assert.Empty(_atOnce);
        Assert.Equal(PosixSignal.SIGTERM, _signals.Next());
    }

    [Fact]
    public void Any_number_of_reloads_and_of_the_operators_words_come_before_the_end()
    {
        PosixSignal[] sent = [PosixSignal.SIGHUP, Signals.User1, PosixSignal.SIGHUP, Signals.User1, PosixSignal.SIGTERM];
        foreach (PosixSignal signal in sent)
            _signals.Take(signal);
        Assert.Equal(sent, sent.Select(_ => _signals.Next()));
        Assert.Empty(_atOnce);
    }
}
