using System.Buffers;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>
/// HELLO [version [AUTH user password] [SETNAME name]]: how a client chooses its protocol, which is answered at once and changes nothing at
/// servers. https://redis.io/docs/latest/commands/hello/
/// </summary>
internal static class HelloRequest
{
    /// <summary>Answers it, unless it is refused.</summary>
    /// <param name="arguments">Behind the name.</param>
    /// <param name="identity">Of the client; changed only by a request that is good in whole.</param>
    /// <param name="settings">Those in force.</param>
    /// <param name="answer">Takes the answer.</param>
    /// <returns>Null, or the error.</returns>
    public static string? Answer(ref RequestArguments arguments, ref RedisIdentity identity, ProtocolSettings settings, IBufferWriter<byte> answer)
    {
        byte protocol = identity.Protocol;
        if (arguments.TryNext(out var version))
        {
            if (!RedisInteger.TryParse(version, out long number)) return "ERR Protocol version is not an integer or out of range";
            if (number < RequestVerdict.FirstProtocol || number > settings.Servers.ProtocolMax) return "NOPROTO unsupported protocol version";
            protocol = (byte)number;
        }

        bool authenticates = false;
        bool names = false;
        ReadOnlySpan<byte> user = default;
        ReadOnlySpan<byte> password = default;
        ReadOnlySpan<byte> name = default;
        while (arguments.TryNext(out var option))
        {
            if (Ascii.EqualsIgnoreCase(option, "AUTH"u8) && arguments.TryNext(out user) && arguments.TryNext(out password)) authenticates = true;
            else if (Ascii.EqualsIgnoreCase(option, "SETNAME"u8) && arguments.TryNext(out name)) names = true;
            else return $"ERR Syntax error in HELLO option '{Printable.Of(option)}'";
        }

        if (arguments.IsCut) return "ERR Protocol error: too long HELLO";
        if (names && RedisIdentity.NameFault(name) is { } unfit) return unfit;
        if (authenticates && identity.Authenticate(user, password, settings) is { } wrong) return wrong;
        if (!identity.IsAuthenticated)
        {
            return "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option "
                + "can be used to authenticate the client and select the RESP protocol version at the same time";
        }

        if (names) identity.SetName(name);
        identity.Protocol = protocol;
        WriteProperties(identity, settings.Servers, answer);
        return null;
    }

    private static void WriteProperties(in RedisIdentity identity, ServerTraits servers, IBufferWriter<byte> answer)
    {
        RespWriter.WriteMapHeader(answer, 7, identity.Protocol);
        RespWriter.WriteBulk(answer, "server"u8);
        RespWriter.WriteBulk(answer, Encoding.UTF8.GetBytes(servers.Name));
        RespWriter.WriteBulk(answer, "version"u8);
        RespWriter.WriteBulk(answer, Encoding.UTF8.GetBytes(servers.Version));
        RespWriter.WriteBulk(answer, "proto"u8);
        RespWriter.WriteInteger(answer, identity.Protocol);
        RespWriter.WriteBulk(answer, "id"u8);
        RespWriter.WriteInteger(answer, identity.Id);
        RespWriter.WriteBulk(answer, "mode"u8);
        RespWriter.WriteBulk(answer, "standalone"u8);
        RespWriter.WriteBulk(answer, "role"u8);
        RespWriter.WriteBulk(answer, "master"u8);
        RespWriter.WriteBulk(answer, "modules"u8);
        RespWriter.WriteArrayHeader(answer, 0);
    }
}
