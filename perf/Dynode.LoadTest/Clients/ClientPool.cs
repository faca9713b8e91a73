using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Requests;
using Dynode.TestKit;

namespace Dynode.LoadTest.Clients;

/// <summary>
/// The clients of one scenario: copy n steps with client n, and beyond the size of the pool copies wait for each other, as callers of
/// a connection pool do; what they wait counts as latency. A client whose step has failed stays failed. Any thread.
/// </summary>
internal sealed class ClientPool : IDisposable
{
    private readonly Seat[] _seats;
    private readonly Func<int> _port;
    private readonly Roster _roster;
    private readonly IRequestFormat _format;

    public ClientPool(int size, Func<int> port, Roster roster, IRequestFormat format)
    {
        _seats = [.. Enumerable.Range(0, size).Select(_ => new Seat())];
        _port = port;
        _roster = roster;
        _format = format;
    }

    /// <summary>One request and its reply.</summary>
    public async Task<StepOutcome> StepAsync(int copy)
    {
        Seat seat = _seats[copy % _seats.Length];
        await seat.Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (seat.Fault is not null) return StepOutcome.Fail(seat.Fault);
            seat.Client ??= await LoadClient.ConnectAsync(_port(), _roster, _format).ConfigureAwait(false);
            return StepOutcome.Ok(await seat.Client.AskAsync().ConfigureAwait(false));
        }
        catch (Exception e) when (LoadClient.IsFailure(e))
        {
            seat.Fault = e.Message;
            return StepOutcome.Fail(e.Message);
        }
        finally
        {
            seat.Turn.Release();
        }
    }

    /// <summary>One more request of every client that there is, and its reply; fails with the first that fails.</summary>
    public async Task AskAllAsync()
    {
        StepOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, _seats.Length).Where(i => _seats[i].Client is not null).Select(StepAsync)).ConfigureAwait(false);
        if (Array.Find(outcomes, outcome => !outcome.IsOk).Fault is { } fault) throw new ExpectationException(fault);
    }

    /// <summary>All say goodbye, and are answered.</summary>
    public Task EndAllAsync() => Task.WhenAll(_seats.Select(seat => seat.Client?.EndAsync() ?? Task.CompletedTask));

    public void Dispose()
    {
        foreach (Seat seat in _seats)
        {
            seat.Client?.Dispose();
            seat.Turn.Dispose();
        }
    }

    private sealed class Seat
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public LoadClient? Client { get; set; }

        public string? Fault { get; set; }
    }
}
