using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>What a new connection asks a server before it sends it anything else: whether it is let in, awake, and will take writes.</summary>
internal static class RedisPreamble
{
    /// <summary>In the order in which they are sent.</summary>
    public static ImmutableArray<PreambleStep> Steps(ProtocolSettings settings)
    {
        PreambleStep ping = new(Request("PING"), reply => StatusFault(reply, "+PONG"u8));
        PreambleStep info = new(Request("INFO", "replication"), ReplicaFault);
        if (settings.BackendPassword.IsEmpty) return [ping, info];
        return [new(Auth(settings), reply => StatusFault(reply, "+OK"u8)), ping, info];
    }

    private static string? StatusFault(ReadOnlyMemory<byte> reply, ReadOnlySpan<byte> good)
    {
        var line = reply.Span.TrimEnd("\r\n"u8);
        if (line.SequenceEqual(good)) return null;
        return line.StartsWith("-"u8) ? Line(line[1..]) : $"answered {Line(line)} instead of {Line(good)}";
    }

    /// <summary>A server that does not tell (INFO is not for this user, or its name was changed) is taken for ready: its writes will show.</summary>
    private static string? ReplicaFault(ReadOnlyMemory<byte> reply)
    {
        if (!reply.Span.StartsWith("$"u8)) return null;
        bool replica = false;
        bool readOnly = false;
        foreach (string line in Encoding.UTF8.GetString(reply.Span).Split("\r\n"))
        {
            replica |= line == "role:slave";
            readOnly |= line is "slave_read_only:1" or "replica_read_only:1";
        }

        return replica && readOnly ? "is a read-only replica" : null;
    }

    // Of a server's error the whole, for the operator needs its end too; but not more than a log line.
    private static string Line(ReadOnlySpan<byte> text) => Printable.Of(text, 256);

    private static byte[] Auth(ProtocolSettings settings)
    {
        var request = new ArrayBufferWriter<byte>();
        RespWriter.WriteArrayHeader(request, settings.BackendUsername.Length == 0 ? 2 : 3);
        RespWriter.WriteBulk(request, "AUTH"u8);
        if (settings.BackendUsername.Length > 0) RespWriter.WriteBulk(request, Encoding.UTF8.GetBytes(settings.BackendUsername));
        RespWriter.WriteBulk(request, settings.BackendPassword.Bytes);
        return request.WrittenSpan.ToArray();
    }

    private static byte[] Request(params ReadOnlySpan<string> arguments)
    {
        var request = new ArrayBufferWriter<byte>();
        RespWriter.WriteArrayHeader(request, arguments.Length);
        foreach (string argument in arguments) RespWriter.WriteBulk(request, Encoding.UTF8.GetBytes(argument));
        return request.WrittenSpan.ToArray();
    }
}
