using System.Buffers;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Batches of redis: https://redis.io/docs/latest/develop/using-commands/transactions/.
/// <code>
///   WATCH key · EVAL look · MULTI · the requests · SET key after · EXEC
/// </code>
/// Where the mark is not as it was, the look changes the watched key, and EXEC does nothing. It is a script's whole text each time, for a client's SCRIPT FLUSH is in the same order; it
/// asks by pcall, for a client may have made a list of the key; and what it changes is the time to live, for that is allowed where memory is out, as writing is not.
/// </summary>
internal sealed class RedisBatches : IBatches
{
    private const string Look =
        "local v=redis.pcall('GET',KEYS[1]) if v~=ARGV[1] then if v then redis.call('PEXPIRE',KEYS[1],'99999999999') else redis.call('SET',KEYS[1],'?') end return 0 end return 1";

    private static readonly byte[] LookBytes = Encoding.ASCII.GetBytes(Look);

    /// <summary>The only one.</summary>
    public static RedisBatches Instance { get; } = new();

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Queued { get; } = "+QUEUED\r\n"u8.ToArray();

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Done { get; } = "+OK\r\n"u8.ToArray();

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> AskWho { get; } = Request("INFO"u8);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Rewrite { get; } = Request("BGREWRITEAOF"u8);

    /// <inheritdoc/>
    public BatchServer ReadWho(ReadOnlyMemory<byte> reply)
    {
        // Of a server that does not tell nothing is presumed that would let it be taken for another run of the same.
        var who = new BatchServer("", false, reply.Span.StartsWith("$"u8), false);
        foreach (string line in Encoding.UTF8.GetString(reply.Span).Split("\r\n"))
        {
            if (line.StartsWith("run_id:", StringComparison.Ordinal)) who = who with { RunId = line["run_id:".Length..] };
            if (line is "redis_mode:cluster" or "server_mode:cluster") who = who with { IsCluster = true };
            if (line == "aof_enabled:1") who = who with { KeepsFile = true };
            if (line.StartsWith("maxmemory_policy:allkeys", StringComparison.Ordinal)) who = who with { Evicts = true };
            if (line.StartsWith("valkey_version:", StringComparison.Ordinal)) who = who with { CutsFile = RedisTornFiles.AreCut(line.AsSpan("valkey_version:".Length)) };
            if (line.StartsWith("db", StringComparison.Ordinal) && line.Contains(":keys=", StringComparison.Ordinal)) who = who with { IsEmpty = false };
        }

        return who;
    }

    /// <inheritdoc/>
    public void WriteBegin(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> before)
    {
        Write(output, "WATCH"u8, key);
        WriteLook(output, key, before);
        Write(output, "MULTI"u8);
    }

    /// <inheritdoc/>
    public void WriteEnd(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> after)
    {
        WriteSet(output, key, after);
        Write(output, "EXEC"u8);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ReadOnlyMemory<byte>> Ask(ReadOnlySpan<byte> key) => [Request("WATCH"u8, key), Request("GET"u8, key)];

    /// <inheritdoc/>
    public IReadOnlyList<ReadOnlyMemory<byte>> Fence(ReadOnlySpan<byte> key, ReadOnlySpan<byte> after)
    {
        var set = new ArrayBufferWriter<byte>();
        WriteSet(set, key, after);
        return [Request("MULTI"u8), set.WrittenMemory, Request("EXEC"u8)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ReadOnlyMemory<byte>> Trial(ReadOnlySpan<byte> key, ReadOnlySpan<byte> after)
    {
        var look = new ArrayBufferWriter<byte>();
        WriteLook(look, key, "?"u8);
        return [Request("WATCH"u8, key), look.WrittenMemory, .. Fence(key, after)];
    }

    /// <inheritdoc/>
    public bool TryReadMark(ReadOnlyMemory<byte> reply, out ReadOnlyMemory<byte> mark)
    {
        mark = default;
        var bytes = reply.Span;
        if (bytes.StartsWith("$-1"u8) || bytes.StartsWith("_"u8)) return false;
        if (!bytes.StartsWith("$"u8)) return true;
        int start = RespNumber.ReadShortLine(bytes, out long length);
        if (start > 0 && length >= 0 && start + length + 2 == bytes.Length) mark = reply.Slice(start, (int)length);
        return true;
    }

    /// <inheritdoc/>
    public BatchReply Read(ReadOnlySpan<byte> reply, out int count)
    {
        count = 0;
        if (reply.IsEmpty) return BatchReply.Other;
        switch (reply[0])
        {
            case (byte)'+':
                return reply.SequenceEqual(Done.Span) ? BatchReply.Done : reply.SequenceEqual(Queued.Span) ? BatchReply.Queued : BatchReply.Other;
            case (byte)':':
                return reply.SequenceEqual(":1\r\n"u8) ? BatchReply.Same : reply.SequenceEqual(":0\r\n"u8) ? BatchReply.Changed : BatchReply.Other;
            case (byte)'-' or (byte)'!':
                return BatchReply.Error;
            case (byte)'_':
                return BatchReply.NotDone;
            case (byte)'*':
                if (reply.SequenceEqual("*-1\r\n"u8)) return BatchReply.NotDone;
                if (RespNumber.ReadShortLine(reply, out long length) == 0 || length is < 0 or > int.MaxValue) return BatchReply.Other;
                count = (int)length;
                return BatchReply.Replies;
            default:
                return BatchReply.Other;
        }
    }

    /// <inheritdoc/>
    public BatchNature NatureOf(ReadOnlySpan<byte> request, out ReadOnlySpan<byte> name)
    {
        var arguments = new RequestArguments(request);
        if (!arguments.TryNext(out name)) return BatchNature.Apart;
        arguments.TryNext(out var subcommand);
        return Of(name, subcommand, arguments.Count);
    }

    /// <inheritdoc/>
    public bool TryReadTransaction(ReadOnlySpan<byte> transaction, out Range body, out BatchNature nature)
    {
        nature = BatchNature.Batched;
        body = default;
        var arguments = new RequestArguments(transaction);
        if (!arguments.TryNext(out var name) || !Ascii.EqualsIgnoreCase(name, "MULTI"u8)) return false;
        int start = transaction.Length - arguments.Rest.Length;
        while (true)
        {
            int at = transaction.Length - arguments.Rest.Length;
            arguments = new RequestArguments(arguments.Rest);
            var first = arguments;
            if (arguments.Count == 0 || !first.TryNext(out name)) return false;
            if (Ascii.EqualsIgnoreCase(name, "EXEC"u8))
            {
                body = start..at;
                return first.Rest.IsEmpty;
            }

            first.TryNext(out var subcommand);
            var one = Of(name, subcommand, arguments.Count);
            if (one > nature) nature = one;
            while (arguments.TryNext(out _))
            {
                // To its end.
            }

            if (arguments.IsCut) return false;
        }
    }

    /// <inheritdoc/>
    public IBatchReplyReader NewReplyReader() => new RespBatchReplyReader();

    /// <inheritdoc/>
    public void WriteHead(IBufferWriter<byte> output, int count) => RespWriter.WriteArrayHeader(output, count);

    /// <summary>Of a name that is known some number, or some subcommand, is wrong: of others nothing is known.</summary>
    private static BatchNature Of(ReadOnlySpan<byte> name, ReadOnlySpan<byte> subcommand, int count)
    {
        if (RedisArities.Admit(name, subcommand, count)) return BatchNature.Batched;
        return RedisArities.Knows(name) || Ascii.EqualsIgnoreCase(name, "SAVE"u8) ? BatchNature.Apart : BatchNature.Unknown;
    }

    private static void WriteLook(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> before)
    {
        RespWriter.WriteArrayHeader(output, 5);
        RespWriter.WriteBulk(output, "EVAL"u8);
        RespWriter.WriteBulk(output, LookBytes);
        RespWriter.WriteBulk(output, "1"u8);
        RespWriter.WriteBulk(output, key);
        RespWriter.WriteBulk(output, before);
    }

    private static void WriteSet(IBufferWriter<byte> output, ReadOnlySpan<byte> key, ReadOnlySpan<byte> after)
    {
        RespWriter.WriteArrayHeader(output, 3);
        RespWriter.WriteBulk(output, "SET"u8);
        RespWriter.WriteBulk(output, key);
        RespWriter.WriteBulk(output, after);
    }

    private static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> argument = default)
    {
        RespWriter.WriteArrayHeader(output, argument.IsEmpty ? 1 : 2);
        RespWriter.WriteBulk(output, name);
        if (!argument.IsEmpty) RespWriter.WriteBulk(output, argument);
    }

    private static ReadOnlyMemory<byte> Request(ReadOnlySpan<byte> name, ReadOnlySpan<byte> argument = default)
    {
        var request = new ArrayBufferWriter<byte>();
        Write(request, name, argument);
        return request.WrittenMemory;
    }
}
