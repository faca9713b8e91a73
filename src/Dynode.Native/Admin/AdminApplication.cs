using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Admin;

/// <summary>One HTTP request after the other: who may ask, what for, and the answer with its headers. On the pool's threads.</summary>
internal sealed class AdminApplication(Routes routes, Access access, StatusPage page, OpenConnections connections, ILogger log, TimeProvider time) : IHttpApplication<IFeatureCollection>
{
    /// <summary>Nothing but the page may run or load anything in a browser.</summary>
    private const string NoContent = "default-src 'none'; frame-ancestors 'none'";

    private readonly AdminPace _ofControl = new(time);
    private readonly AdminPace _ofPort = new(time);

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        var connection = context.GetRequiredFeature<AdminConnection>();

        // Kestrel goes on with what it has read of a connection that was closed: none of it is heard, and all of it would take the places of others. So it is with those who
        // were closed while they waited: their turns come at once (AdminPace).
        var closed = connection.Connection.ConnectionClosed;
        if (!closed.IsCancellationRequested)
        {
            connections.Works(connection, begins: true);
            await (connection.Door.IsControl ? _ofControl : _ofPort).NextAsync().ConfigureAwait(false);
        }

        if (closed.IsCancellationRequested)
        {
            response.StatusCode = 503;
            return;
        }

        Answer answer;
        try
        {
            answer = await AnswerAsync(request, connection.Door).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            AdminLog.RequestFailed(log, e);
            answer = Answer.Error(500, "a fault of dynode itself; its log has more");
        }

        response.StatusCode = answer.Status;
        var headers = response.Headers;
        headers.ContentType = answer.ContentType;
        headers.ContentLength = answer.Body.Length;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = answer == page.Answer ? StatusPage.Policy : NoContent;
        if (answer.Allow is { } allow)
            headers.Allow = allow;
        if (answer.Status == 401)
            headers.WWWAuthenticate = "Bearer";
        if (request.Method != "HEAD")
            await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(answer.Body).ConfigureAwait(false);
        connections.Works(connection, begins: false);
    }

    private async Task<Answer> AnswerAsync(IHttpRequestFeature request, Door door)
    {
        if (request.Headers.ContentLength > AdminServer.BodyBytesMax)
            return routes.Refused(Answer.Error(413, "nothing that is asked for here takes so long a body"));
        var judged = await access.JudgeAsync(door, request.Headers, Routes.TakesAnyHost(request.Path)).ConfigureAwait(false);
        if (judged.Refusal is { } refusal)
            return routes.Refused(refusal);
        bool isOpen = request.Headers.Accept.ToString().Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase);
        return await routes.AnswerAsync(new Asked(request.Method, request.Path, request.QueryString, isOpen, judged.Grant, door.Who)).ConfigureAwait(false);
    }
}
