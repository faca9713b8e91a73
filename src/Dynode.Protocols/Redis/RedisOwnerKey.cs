using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>
/// The owner's key of redis, a string:
/// <code>
///   1 stream created.number run_id client_id       (both numbers with 20 digits: they are compared as text)
/// </code>
/// A script looks and writes, so nothing comes between; what it lies on is compared within one run of the server alone, for it travels with copied data, and ids begin with 1 in each. It is the script's whole text,
/// for a client's SCRIPT FLUSH is in the same order, and asks by pcall, for a client may have made a list of the key.
/// </summary>
internal sealed class RedisOwnerKey : IOwnerKey
{
    // As a script without this line it would be refused where memory is out; servers before 7.0 know no such line.
    private const string EvenIfFull = "#!lua flags=allow-oom\n";

    private const string Script =
        "local v=redis.pcall('GET',KEYS[1]) local s,e,r,c,o='','','','','yes' "
        + "if type(v)=='table' and not string.find(v.err,'WRONGTYPE',1,true) then return v end "
        + "if type(v)=='string' then s,e,r,c=string.match(v,'^1 (%S+) (%d+%.%d+) (%S+) (%d+)$') end "
        + "if v and (not r or r=='') then o='void' "
        + "elseif r==ARGV[3] then if s==ARGV[1] and e>ARGV[2] then return 'no '..e end if c~=ARGV[4] and c~=ARGV[5] then return 'end '..c end end "
        + "redis.call('SET',KEYS[1],'1 '..ARGV[1]..' '..ARGV[2]..' '..ARGV[3]..' '..ARGV[4]) return o";

    /// <summary>No server has ever had so many.</summary>
    private const long Nobody = long.MaxValue;

    /// <summary>The only one.</summary>
    public static RedisOwnerKey Instance { get; } = new();

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> AskRun { get; } = Request("INFO", "server");

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> AskConnection { get; } = Request("CLIENT", "ID");

    /// <inheritdoc/>
    public string ReadRun(ReadOnlyMemory<byte> reply) => RedisBatches.Instance.ReadWho(reply).RunId;

    /// <inheritdoc/>
    public bool TryReadConnection(ReadOnlySpan<byte> reply, out long connection)
    {
        connection = 0;
        return reply.StartsWith(":"u8) && long.TryParse(reply[1..].TrimEnd("\r\n"u8), NumberStyles.None, CultureInfo.InvariantCulture, out connection);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> key, in OwnerEpoch epoch, string run, long connection, long ended, bool evenIfFull) => Request(
        "EVAL",
        evenIfFull ? EvenIfFull + Script : Script,
        "1",
        Encoding.UTF8.GetString(key),
        epoch.Order,
        string.Create(CultureInfo.InvariantCulture, $"{epoch.Created:D20}.{epoch.Number:D20}"),
        run,
        connection.ToString(CultureInfo.InvariantCulture),
        ended.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public OwnerVerdict Read(ReadOnlyMemory<byte> reply, out long before)
    {
        before = 0;
        if (reply.Span.StartsWith("-OOM "u8)) return OwnerVerdict.NoMemory;
        if (!RedisBatches.Instance.TryReadMark(reply, out var text)) return OwnerVerdict.Error;
        var said = text.Span;
        if (said.SequenceEqual("yes"u8)) return OwnerVerdict.Taken;
        if (said.SequenceEqual("void"u8)) return OwnerVerdict.Overwritten;
        if (said.StartsWith("no "u8)) return OwnerVerdict.Refused;
        return said.StartsWith("end "u8) && long.TryParse(said[4..], NumberStyles.None, CultureInfo.InvariantCulture, out before) ? OwnerVerdict.EndFirst : OwnerVerdict.Error;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> EndOne(long connection) => Request("CLIENT", "KILL", "ID", (connection == 0 ? Nobody : connection).ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public bool IsEnded(ReadOnlySpan<byte> reply) => reply.StartsWith(":"u8) || reply.StartsWith("-ERR No such client"u8);

    private static ReadOnlyMemory<byte> Request(params ReadOnlySpan<string> arguments)
    {
        var request = new ArrayBufferWriter<byte>();
        RespWriter.WriteArrayHeader(request, arguments.Length);
        foreach (string argument in arguments) RespWriter.WriteBulk(request, Encoding.UTF8.GetBytes(argument));
        return request.WrittenMemory;
    }
}
