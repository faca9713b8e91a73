using System.Text;
using NATS.Client.Core;

namespace Dynode.Scenarios.Streams;

/// <summary>Somebody who may do everything at a nats-server, and does it by hand.</summary>
public sealed class NatsAdmin : IAsyncDisposable
{
    private readonly NatsConnection _connection;

    private NatsAdmin(NatsConnection connection) => _connection = connection;

    public static async Task<NatsAdmin> ConnectAsync(int port, string user = "", string password = "")
    {
        var connection = new NatsConnection(new NatsOpts
        {
            Url = $"nats://127.0.0.1:{port}",
            AuthOpts = user.Length > 0 ? new NatsAuthOpts { Username = user, Password = password } : NatsAuthOpts.Default,
        });
        await connection.ConnectAsync();
        return new NatsAdmin(connection);
    }

    public async Task<string> AskAsync(string subject, string body = "", NatsHeaders? headers = null)
    {
        NatsMsg<byte[]> reply = await _connection.RequestAsync<byte[], byte[]>(subject, Encoding.UTF8.GetBytes(body), headers);
        return Encoding.UTF8.GetString(reply.Data ?? []);
    }

    /// <summary>Asks, and waits for no answer.</summary>
    public async Task TellAsync(string subject) => await _connection.PublishAsync<byte[]>(subject, []);

    /// <summary>As we would make it, but for the members of its configuration that are named.</summary>
    public async Task MakeAsync(string stream, string changes = "\"num_replicas\":1")
    {
        string answer = await AskAsync($"$JS.API.STREAM.CREATE.{stream}", Configuration(stream, changes));
        Xunit.Assert.DoesNotContain("\"error\"", answer, StringComparison.Ordinal);
    }

    /// <summary>Made as by <see cref="MakeAsync"/>, it is so from now on.</summary>
    public async Task ChangeAsync(string stream, string changes)
    {
        string answer = await AskAsync($"$JS.API.STREAM.UPDATE.{stream}", Configuration(stream, changes));
        Xunit.Assert.DoesNotContain("\"error\"", answer, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static string Configuration(string stream, string changes) =>
        $$"""
        {"name":"{{stream}}","subjects":["dynode.{{stream}}.>"],"retention":"limits","discard":"old","storage":"file","num_replicas":1,"max_age":86400000000000,
        "max_bytes":268435456,"deny_delete":true,"deny_purge":true,"allow_direct":true,"republish":{"src":"dynode.{{stream}}.>","dest":"dynode-placed.{{stream}}.>"},{{changes}}}
        """;
}
