using System.Collections.Concurrent;
using System.Net;
using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Broadcast.Backends;

public sealed class NameLookupsTests : IDisposable
{
    private readonly ScriptedNames _names = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<(string Name, LookupAnswer Answer)> _answers = new();

    public void Dispose() => _names.Dispose();

    [Fact]
    public async Task A_name_is_looked_up_by_no_thread_of_the_pool()
    {
        _names.Set("a", "10.0.0.1", "10.0.0.2");
        var lookups = Lookups(4);
        for (int i = 1; i <= 20; i++)
        {
            Ask(lookups, "a");
            await Eventually.Equal(i, () => _answers.Count);
        }

        Assert.All(_answers, answer => Assert.Equal([IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2")], answer.Answer.Addresses));
        Assert.All(_answers, answer => Assert.Equal((null, LookupPast.Prompt), (answer.Answer.Error, answer.Answer.Past)));
        Assert.Equal((20, 0), (_names.Asked("a"), _names.OnPool));
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_an_answer_with_an_error()
    {
        Ask(Lookups(1), "nowhere");
        await Eventually.Equal(1, () => _answers.Count);
        LookupAnswer answer = _answers.Single().Answer;
        Assert.Equal((0, LookupPast.Prompt), (answer.Addresses.Length, answer.Past));
        Assert.NotNull(answer.Error);
    }

    [Fact]
    public async Task One_name_is_looked_up_once_at_a_time_whoever_asks()
    {
        _names.Silence("a");
        var lookups = Lookups(8);
        for (int i = 0; i < 10; i++)
            Ask(lookups, "a");
        await Eventually.Equal(1, () => _names.Hanging);
        Ask(lookups, "a");
        _names.Set("a", "10.0.0.1");
        await Eventually.Equal(11, () => _answers.Count);
        Assert.Equal((1, 1), (_names.Asked("a"), _names.HangingMost));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 3)]
    [InlineData(64, 48)]
    public async Task However_many_names_are_silent_threads_are_bounded_and_all_are_answered_in_the_end(int threads, int most)
    {
        string[] silent = [.. Enumerable.Range(0, 100).Select(i => $"silent{i}")];
        _names.Silence(silent);
        var lookups = Lookups(threads);
        foreach (string name in silent)
            Ask(lookups, name);
        await Eventually.Equal(most, () => _names.Hanging);
        foreach (string name in silent)
            _names.Set(name, "10.0.0.1");
        await Eventually.Equal(100, () => _answers.Count);
        Assert.Equal(most, _names.HangingMost);
    }

    [Fact]
    public async Task A_queue_of_silent_names_does_not_keep_a_name_waiting_that_answers()
    {
        string[] silent = [.. Enumerable.Range(0, 100).Select(i => $"silent{i}")];
        _names.Silence(silent);
        _names.Set("answers", "10.0.0.1");
        _names.Set("new", "10.0.0.2");
        var lookups = Lookups(4);
        foreach (string name in silent)
            Ask(lookups, name, LookupPast.Silent);
        await Eventually.Equal(2, () => _names.Hanging);
        Ask(lookups, "new", LookupPast.Unknown);
        Ask(lookups, "answers", LookupPast.Prompt);
        await Eventually.Equal(2, () => _answers.Count);
        Assert.Equal(["answers", "new"], _answers.Select(answer => answer.Name).Order());
    }

    [Fact]
    public async Task A_name_whose_answer_comes_late_is_silent_the_next_time()
    {
        var lookups = Lookups(4);
        foreach (TimeSpan late in new[] { NameLookups.Patience - TimeSpan.FromTicks(1), NameLookups.Patience, NameLookups.Patience + TimeSpan.FromTicks(1) })
        {
            _names.Silence("a");
            Ask(lookups, "a");
            await Eventually.Equal(1, () => _names.Hanging);
            _time.Advance(late);
            _names.Set("a", "10.0.0.1");
            await Eventually.Equal(1, () => _answers.Count);
            Assert.True(_answers.TryDequeue(out var answer));
            Assert.Equal(late < NameLookups.Patience ? LookupPast.Prompt : LookupPast.Silent, answer.Answer.Past);
        }
    }

    private NameLookups Lookups(int threads) => new(_names.Look, threads, _time);

    private void Ask(NameLookups lookups, string name, LookupPast past = LookupPast.Unknown) =>
        lookups.Ask(name, past, answer => _answers.Enqueue((name, answer)));
}
