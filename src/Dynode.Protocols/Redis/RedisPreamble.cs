using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>
/// What a connection asks a server: a new one, before it sends anything else, whether it is let in, awake, and will take writes; any,
/// when a reply is in doubt. A user may lack the right to ask, and redis looks at that first: such a refusal says that the server is
/// there, and no more.
/// </summary>
internal static class RedisPreamble
{
    private static readonly ImmutableArray<NotNowCause> Asleep = [NotNowCause.Busy, NotNowCause.Loading, NotNowCause.MasterDown, NotNowCause.NoAuth];

    private static readonly byte[] Ping = RedisRequest.Of("PING");
    private static readonly byte[] Info = RedisRequest.Of("INFO", "replication");

    // Of a script that nobody has: who may run scripts is told so, and nothing is run, unless the server refuses whatever comes.
    private static readonly byte[] NoScript = RedisRequest.Of("EVALSHA", new string('0', 40), "0");

    /// <summary>In the order in which they are sent.</summary>
    public static ImmutableArray<PreambleStep> Steps(ProtocolSettings settings)
    {
        PreambleStep ping = new(Ping, PingFault) { Unknown = WhatIsRefused, Disproves = Asleep };
        PreambleStep info = new(Info, ReplicaFault) { Unknown = WhatIsUntold, Disproves = [NotNowCause.ReadOnly] };

        // Last, and in the protocol that the connection has: refused, it only says that there is no other.
        PreambleStep hello = new(RedisRequest.Of("HELLO", "2"), _ => null) { Traits = RedisTraits.Of };
        if (settings.BackendPassword.IsEmpty) return [ping, info, hello];
        return [new(Auth(settings), reply => StatusFault(reply, "+OK"u8)), ping, info, hello];
    }

    /// <inheritdoc cref="IProtocol.Questions"/>
    public static ImmutableArray<NotNowQuestion> Questions(IReadOnlyCollection<NotNowCause> knows)
    {
        NotNowQuestion ping = new(Ping, (reply, cause) => cause == NotNowCause.ReadOnly ? Refuses(reply) : WeighStatus(reply, "+PONG"u8));
        NotNowQuestion info = new(Info, (reply, cause) => cause != NotNowCause.ReadOnly ? Refuses(reply) : WeighRole(reply));
        if (knows.Contains(NotNowCause.Busy)) return [ping, info];
        return [ping, info, new(NoScript, (reply, cause) => cause is NotNowCause.Busy or NotNowCause.Loading ? WeighStatus(reply, "-NOSCRIPT"u8) : Refuses(reply))];
    }

    private static Evidence WeighStatus(ReadOnlyMemory<byte> reply, ReadOnlySpan<byte> serves) => reply.Span.StartsWith(serves) ? Evidence.Serves : Refuses(reply);

    private static Evidence WeighRole(ReadOnlyMemory<byte> reply)
    {
        if (ReplicaFault(reply) is not null) return Evidence.Refuses;
        return WhatIsUntold(reply) is null ? Evidence.Serves : Evidence.None;
    }

    private static Evidence Refuses(ReadOnlyMemory<byte> reply) => IsRefusal(reply) ? Evidence.Refuses : Evidence.None;

    private static bool IsRefusal(ReadOnlyMemory<byte> reply) => RespReplyKind.Classify(reply.Span) == ReplyKind.NotNow;

    private static string? PingFault(ReadOnlyMemory<byte> reply) => WhatIsRefused(reply) is not null ? null : StatusFault(reply, "+PONG"u8);

    /// <summary>
    /// The user may not, the name was changed, or the disk is full: redis says each before it looks whether it is busy or reads its data.
    /// </summary>
    private static string? WhatIsRefused(ReadOnlyMemory<byte> reply)
    {
        var line = reply.Span;
        return line.StartsWith("-NOPERM "u8) || line.StartsWith("-ERR unknown command"u8) || line.StartsWith("-MISCONF "u8)
            ? $"whether it is ready ({Line(line.TrimEnd("\r\n"u8)[1..])})"
            : null;
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
        if (IsRefusal(reply)) return Line(reply.Span.TrimEnd("\r\n"u8)[1..]);
        var (_, isReplica, isReadOnly) = RoleOf(reply);
        return isReplica && isReadOnly ? "is a read-only replica" : null;
    }

    private static string? WhatIsUntold(ReadOnlyMemory<byte> reply)
    {
        if (RoleOf(reply).IsTold) return null;
        var line = reply.Span.TrimEnd("\r\n"u8);
        return line.StartsWith("-"u8) ? $"its role ({Line(line[1..])})" : "its role";
    }

    private static (bool IsTold, bool IsReplica, bool IsReadOnly) RoleOf(ReadOnlyMemory<byte> reply)
    {
        // In RESP3 it is a verbatim string, whose text begins behind a mark of its kind.
        if (!reply.Span.StartsWith("$"u8) && !reply.Span.StartsWith("="u8)) return default;
        bool told = false;
        bool replica = false;
        bool readOnly = false;
        foreach (string whole in Encoding.UTF8.GetString(reply.Span).Split("\r\n"))
        {
            string line = whole.StartsWith("txt:", StringComparison.Ordinal) ? whole["txt:".Length..] : whole;
            told |= line.StartsWith("role:", StringComparison.Ordinal);
            replica |= line == "role:slave";
            readOnly |= line is "slave_read_only:1" or "replica_read_only:1";
        }

        return (told, replica, readOnly);
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
}
