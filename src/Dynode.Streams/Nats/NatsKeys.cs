using System.Globalization;
using System.Text;
using NATS.Client.Core;

namespace Dynode.Streams.Nats;

/// <summary>The keys over one connection: read through the bucket's leader, written where the revision is the one that is named.</summary>
internal sealed class NatsKeys(NatsLink link, NatsNames names)
{
    public const int ValueBytesMax = 64 << 10;

    private const long NoEntry = 10037;
    private const long OtherRevision = 10071;
    private const string Expected = "Nats-Expected-Last-Subject-Sequence";

    /// <summary>Null: there is none.</summary>
    /// <exception cref="ArgumentException">It is no key.</exception>
    public static void Check(string key)
    {
        if (key.Length is 0 or > 200 || key[0] == '.' || key[^1] == '.' || key.Contains("..", StringComparison.Ordinal)
            || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '=' or '.'))
        {
            throw new ArgumentException($"'{key}' is no key", nameof(key));
        }
    }

    public async ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellation)
    {
        (KeyValue? value, _) = await ReadAsync(key, cancellation).ConfigureAwait(false);
        return value;
    }

    public async ValueTask<ulong?> TryPutAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation)
    {
        ulong? written = await WriteAsync(key, value, revision, cancellation).ConfigureAwait(false);
        if (written is not null || revision != 0)
            return written;

        // One that was taken out by hand has left a mark, with a revision of its own: there is none, and yet the next is not the first.
        (KeyValue? there, ulong mark) = await ReadAsync(key, cancellation).ConfigureAwait(false);
        return there is null && mark != 0 ? await WriteAsync(key, value, mark, cancellation).ConfigureAwait(false) : null;
    }

    private async ValueTask<(KeyValue? Value, ulong Mark)> ReadAsync(string key, CancellationToken cancellation)
    {
        NatsJson answer = await AskAsync(NatsNames.Get(names.Bucket), NatsBodies.LastOf(names.Key(key)), null, cancellation).ConfigureAwait(false);
        if (answer.Number("error.err_code") == NoEntry)
            return (null, 0);
        Throw(answer);
        ulong revision = answer.Unsigned("message.seq");
        if (revision == 0)
            throw new NatsTrouble($"the engine gives {key} without its revision");
        string lines = Encoding.UTF8.GetString(Decode(answer.Text("message.hdrs")));
        bool isGone = lines.Contains("KV-Operation: DEL", StringComparison.Ordinal) || lines.Contains("KV-Operation: PURGE", StringComparison.Ordinal)
            || lines.Contains("Nats-Marker-Reason:", StringComparison.Ordinal);
        return isGone ? (null, revision) : (new KeyValue(Decode(answer.Text("message.data")), revision), 0);
    }

    private async ValueTask<ulong?> WriteAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation)
    {
        var headers = new NatsHeaders { [Expected] = revision.ToString(CultureInfo.InvariantCulture) };
        NatsJson answer = await AskAsync(names.Key(key), value, headers, cancellation).ConfigureAwait(false);
        if (answer.Number("error.err_code") == OtherRevision)
            return null;
        Throw(answer);
        ulong written = answer.Unsigned("seq");
        return written > 0 ? written : throw new NatsTrouble($"the engine does not say which revision of {key} it wrote");
    }

    private async Task<NatsJson> AskAsync(string subject, ReadOnlyMemory<byte> body, NatsHeaders? headers, CancellationToken cancellation)
    {
        try
        {
            return NatsJson.Read(await link.AskAsync(subject, body, cancellation, headers).ConfigureAwait(false));
        }
        catch (NatsNobody)
        {
            throw new NatsTrouble($"bucket {names.Bucket} is not there any more");
        }
    }

    private static byte[] Decode(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw new NatsTrouble("the engine gives a value that is not base64");
        }
    }

    private static void Throw(NatsJson answer)
    {
        if (answer.Has("error"))
            throw new NatsTrouble(NatsRemedy.With(answer.Number("error.err_code"), NatsTrouble.Excerpt(answer.Text("error.description"))));
    }
}
