using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace Dynode.Native.Admin;

/// <summary>A request, as far as routes look at it.</summary>
/// <param name="Method">Of HTTP.</param>
/// <param name="Path">Decoded.</param>
/// <param name="Query">With its <c>?</c>; may be empty.</param>
/// <param name="WantsOpenMetrics">The Accept header names it.</param>
/// <param name="Grant">What it may do.</param>
/// <param name="Who">For the log.</param>
internal readonly record struct Asked(string Method, string Path, string Query, bool WantsOpenMetrics, Access.Grant Grant, string Who);

/// <summary>
/// What there is to ask for, and its answer. Nothing is changed by GET; what holds what clients sent, or changes something, needs
/// <see cref="Access.Grant.All"/>. Any thread.
/// </summary>
internal sealed class Routes(IOperated operated, OrderRoutes orders, Sampler sampler, Access access, StatusPage page, DateTimeOffset started, string version)
{
    /// <summary>The data plane is alive that answered within this.</summary>
    private static readonly TimeSpan AliveWithin = TimeSpan.FromSeconds(5);

    private static readonly ImmutableArray<string> Known = ["/", "/healthz", "/livez", "/readyz", "/metrics", "/status", "/clients", "/slowlog", "/events", "/config"];

    private const int ClientsDefault = 100;
    private const int ClientsMax = 1_000;

    private readonly Pages _pages = new();
    private readonly long[] _asked = new long[Known.Length + 1];

    /// <summary>Probes and scrapes come by the name of a service, or of a machine.</summary>
    public static bool TakesAnyHost(string path) => path is "/healthz" or "/livez" or "/readyz" or "/metrics";

    public async Task<Answer> AnswerAsync(Asked asked)
    {
        if (OrderRoutes.Has(asked.Path))
        {
            var (answer, given) = await TakeOrderAsync(asked).ConfigureAwait(false);

            // Where orders outlive a restart, the answer comes when it is on disk, or that has failed.
            if (given?.Written is { } written)
            {
                await Task.WhenAny(written, Task.Delay(OrderRoutes.WriteTimeout)).ConfigureAwait(false);
                answer = OrderRoutes.Said(OrderRoutes.OnDisk(given));
            }

            return answer;
        }

        int route = Known.IndexOf(asked.Path);
        Interlocked.Increment(ref _asked[route < 0 ? Known.Length : route]);
        if (route < 0)
            return Answer.Error(404, "there is nothing here");
        if (asked.Method is not ("GET" or "HEAD"))
            return Answer.Error(405, "this can be read, and not changed", "GET, HEAD");
        return asked.Path switch
        {
            "/" => page.Answer,
            "/healthz" or "/livez" => await HealthAsync().ConfigureAwait(false),
            "/readyz" => await ReadyAsync().ConfigureAwait(false),
            "/clients" => Clients(asked),
            "/slowlog" => SlowLog(asked),
            "/config" => new Answer(200, Answer.Json, JsonBody.Of(json => ConfigJson.Write(json, operated.Settings))),
            "/events" => new Answer(200, Answer.Json, JsonBody.Of(json =>
            {
                json.WriteStartObject();
                json.WriteNumber("schema"u8, 1);
                StatusJson.Events(json, operated, int.MaxValue, asked.Grant == Access.Grant.All);
                json.WriteEndObject();
            })),
            "/metrics" => asked.WantsOpenMetrics
                ? await PageAsync(Pages.Page.OpenMetrics, MetricsText.OpenContentType).ConfigureAwait(false)
                : await PageAsync(Pages.Page.Metrics, MetricsText.ContentType).ConfigureAwait(false),
            _ => await PageAsync(asked.Grant == Access.Grant.All ? Pages.Page.StatusWithSecrets : Pages.Page.Status, Answer.Json).ConfigureAwait(false),
        };
    }

    /// <summary>A request that no route has seen.</summary>
    public Answer Refused(Answer refusal)
    {
        Interlocked.Increment(ref _asked[Known.Length]);
        return refusal;
    }

    /// <summary>How often each route was asked for, for whoever counts them.</summary>
    private void AskedFor(Action<string, long> count)
    {
        for (int i = 0; i < _asked.Length; i++)
            count(i < Known.Length ? Known[i] : "other", Interlocked.Read(ref _asked[i]));
    }

    private Answer Clients(Asked asked)
    {
        if (asked.Grant != Access.Grant.All)
            return access.NeedsToken();
        var query = QueryHelpers.ParseQuery(asked.Query);
        var sort = ClientSort.Owed;
        if (query.TryGetValue("sort", out var by) && (!Enum.TryParse(by, ignoreCase: true, out sort) || int.TryParse(by, out _)))
            return Answer.Error(400, "sort is one of owed, age, requests");
        int limit = ClientsDefault;
        if (query.TryGetValue("limit", out var most)
            && (!int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > ClientsMax))
            return Answer.Error(400, $"limit is a number from 1 to {ClientsMax}");
        var clients = operated.Clients();
        return new Answer(200, Answer.Json, JsonBody.Of(json => ClientsJson.Write(json, clients, sort, limit)));
    }

    private Answer SlowLog(Asked asked)
    {
        if (asked.Grant != Access.Grant.All)
            return access.NeedsToken();
        var requests = operated.SlowRequests();
        return new Answer(200, Answer.Json, JsonBody.Of(json => SlowLogJson.Write(json, requests, operated.Settings.Broadcast.SlowRequest)));
    }

    private async Task<(Answer Answer, OrderAnswer? Given)> TakeOrderAsync(Asked asked)
    {
        Interlocked.Increment(ref _asked[Known.Length]);
        if (asked.Method != "POST")
            return (Answer.Error(405, "this is an order: it is given by POST, and never by a link", "POST"), null);
        if (asked.Grant != Access.Grant.All)
            return (access.NeedsToken(), null);
        var (given, fault) = await orders.TakeAsync(asked).ConfigureAwait(false);
        sampler.Outdate();
        return (given is null ? Answer.Error(400, fault!) : OrderRoutes.Said(given), given);
    }

    private async Task<Answer> HealthAsync()
    {
        await sampler.CurrentAsync().ConfigureAwait(false);
        return sampler.Age is { } age && age <= AliveWithin
            ? Answer.Text(200, "ok")
            : Answer.Text(503, "the data plane has not answered for 5 s");
    }

    private async Task<Answer> ReadyAsync()
    {
        var sample = await sampler.CurrentAsync().ConfigureAwait(false);
        var reasons = Readiness.Reasons(operated, sampler.Age <= AliveWithin ? sample : null);
        return reasons.Count == 0 ? Answer.Text(200, "ready") : Answer.Text(503, string.Join('\n', reasons));
    }

    private async Task<Answer> PageAsync(Pages.Page which, string contentType)
    {
        var sample = await sampler.CurrentAsync().ConfigureAwait(false);
        if (sample is null)
            return Answer.Error(503, "the data plane has not answered yet");
        var source = new MetricSource(operated, sample, started, AskedFor, version);
        return new Answer(200, contentType, _pages.Get(which, source, sampler.Now - sample.At));
    }
}
