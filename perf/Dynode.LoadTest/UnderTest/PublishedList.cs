using System.Net;
using System.Text;
using System.Text.Json;
using Dynode.TestKit;

namespace Dynode.LoadTest.UnderTest;

/// <summary>The list URL: answers every request with the servers that were published last. Ends with this.</summary>
internal sealed class PublishedList : IDisposable
{
    private readonly PortLease _lease = new();
    private readonly HttpListener _listener = new();
    private byte[] _answer = [];
    private int _asked;

    /// <param name="servers">Their addresses, at first.</param>
    public PublishedList(IEnumerable<string> servers)
    {
        Publish(servers);
        Url = $"http://127.0.0.1:{_lease.Port}/servers";
        _listener.Prefixes.Add($"http://127.0.0.1:{_lease.Port}/");
        _listener.Start();
        _ = AnswerAsync();
    }

    public string Url { get; }

    /// <summary>How often it was asked so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public void Publish(IEnumerable<string> servers) => Publish(JsonSerializer.Serialize(servers));

    /// <summary>Whatever text, also what is no list.</summary>
    public void Publish(string text) => Volatile.Write(ref _answer, Encoding.UTF8.GetBytes(text));

    public void Dispose()
    {
        _listener.Close();
        _lease.Dispose();
    }

    private async Task AnswerAsync()
    {
        while (await NextAsync().ConfigureAwait(false) is { } response)
        {
            try
            {
                response.Close(Volatile.Read(ref _answer), willBlock: true);
                Interlocked.Increment(ref _asked);
            }
            catch (HttpListenerException)
            {
                // Who asked has ended in the midst of it: it has not had this answer.
            }
        }
    }

    private async Task<HttpListenerResponse?> NextAsync()
    {
        try
        {
            return (await _listener.GetContextAsync().ConfigureAwait(false)).Response;
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Disposed.
            return null;
        }
    }
}
