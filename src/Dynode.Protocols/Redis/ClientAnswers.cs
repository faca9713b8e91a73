using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>CLIENT and its subcommands, as far as they are about the client's own connection, which servers do not know.</summary>
internal static class ClientAnswers
{
    private const string SyntaxError = "ERR syntax error";

    /// <summary>Answers it, unless it is refused.</summary>
    /// <param name="fact">What is known of it.</param>
    /// <param name="arguments">Behind the subcommand.</param>
    /// <param name="identity">Of the client.</param>
    /// <param name="replies">The client's.</param>
    /// <param name="database">The client's.</param>
    /// <param name="answer">Takes the answer.</param>
    /// <returns>Null, or the error.</returns>
    public static string? Answer(
        RedisFact fact, ref RequestArguments arguments, ref RedisIdentity identity, ref ReplySwitch replies, int database, IBufferWriter<byte> answer)
    {
        arguments.TryNext(out var argument);
        switch (fact.Rule)
        {
            case RedisRule.ClientId:
                RespWriter.WriteInteger(answer, identity.Id);
                return null;
            case RedisRule.ClientInfo:
                RespWriter.WriteText(answer, Encoding.ASCII.GetBytes(Info(identity, database)), identity.Protocol);
                return null;
            case RedisRule.ClientGetName:
                if (identity.Name.IsEmpty) RespWriter.WriteNull(answer, identity.Protocol);
                else RespWriter.WriteBulk(answer, identity.Name);
                return null;
            case RedisRule.ClientSetName:
                return arguments.IsCut ? RedisIdentity.TooLong : identity.SetName(argument) ?? Ok(answer);
            case RedisRule.ClientSetInfo:
                return SetInfoFault(argument, ref arguments) ?? Ok(answer);
            case RedisRule.ClientReply:
                return Switch(ref replies, argument, answer);
            case RedisRule.ClientHint:
                return Is(argument, "ON"u8) || Is(argument, "OFF"u8) ? Ok(answer) : SyntaxError;
            case RedisRule.ClientTracking:
                return Is(argument, "ON"u8) ? fact.Refusal : Is(argument, "OFF"u8) ? Ok(answer) : SyntaxError;
            case RedisRule.ClientCaching:
                return "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled";
            case RedisRule.ClientGetRedir:
                RespWriter.WriteInteger(answer, -1);
                return null;
            case RedisRule.ClientTrackingInfo:
                WriteTrackingInfo(answer, identity.Protocol);
                return null;
            case RedisRule.ClientUnblock:
                if (arguments.TryNext(out var reason) && !Is(reason, "TIMEOUT"u8) && !Is(reason, "ERROR"u8)) return "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR";
                if (!RedisInteger.TryParse(argument, out _)) return "ERR value is not an integer or out of range";
                RespWriter.WriteInteger(answer, 0);
                return null;
            default:
                WriteHelp(answer);
                return null;
        }
    }

    private static bool Is(ReadOnlySpan<byte> argument, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(argument, word);

    private static string? Ok(IBufferWriter<byte> answer)
    {
        RespWriter.WriteSimple(answer, "OK"u8);
        return null;
    }

    private static string? Switch(ref ReplySwitch replies, ReadOnlySpan<byte> mode, IBufferWriter<byte> answer)
    {
        if (Is(mode, "OFF"u8)) replies.Off();
        else if (Is(mode, "SKIP"u8)) replies.Skip();
        else if (!Is(mode, "ON"u8)) return SyntaxError;
        else
        {
            replies.On();
            RespWriter.WriteSimple(answer, "OK"u8);
        }

        return null;
    }

    private static string? SetInfoFault(ReadOnlySpan<byte> option, ref RequestArguments arguments)
    {
        if (!Is(option, "LIB-NAME"u8) && !Is(option, "LIB-VER"u8)) return $"ERR Unrecognized option '{Printable.Of(option)}'";
        bool fit = arguments.TryNext(out var value) && !value.ContainsAnyExceptInRange((byte)'!', (byte)'~');
        return fit ? null : $"ERR {Printable.Of(option)} cannot contain spaces, newlines or special characters.";
    }

    // All the fields of redis 7, for there are clients that miss them; 0 where nothing is known here.
    private static string Info(in RedisIdentity identity, int database)
    {
        string name = Encoding.ASCII.GetString(identity.Name);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"id={identity.Id} addr=0.0.0.0:0 laddr=0.0.0.0:0 fd=0 name={name} age=0 idle=0 flags=N db={database} sub=0 psub=0 ssub=0 multi=-1 ")
            + "qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r cmd=client|info user=default "
            + "redir=-1 "
            + $"resp={identity.Protocol} lib-name= lib-ver=\n";
    }

    private static void WriteTrackingInfo(IBufferWriter<byte> answer, byte protocol)
    {
        RespWriter.WriteMapHeader(answer, 3, protocol);
        RespWriter.WriteBulk(answer, "flags"u8);
        RespWriter.WriteSetHeader(answer, 1, protocol);
        RespWriter.WriteBulk(answer, "off"u8);
        RespWriter.WriteBulk(answer, "redirect"u8);
        RespWriter.WriteInteger(answer, -1);
        RespWriter.WriteBulk(answer, "prefixes"u8);
        RespWriter.WriteArrayHeader(answer, 0);
    }

    private static void WriteHelp(IBufferWriter<byte> answer)
    {
        ReadOnlySpan<string> lines =
        [
            "CLIENT <subcommand> [<arg> ...]. Answered by the broadcaster, for this client alone:",
            "CACHING, CAPA, GETNAME, GETREDIR, HELP, ID, INFO, NO-EVICT, NO-TOUCH, REPLY (ON|OFF|SKIP), SETINFO, SETNAME, TRACKING OFF, TRACKINGINFO, UNBLOCK",
            "Refused, for all clients share their connections: IMPORT-SOURCE, KILL, LIST, PAUSE, TRACKING ON, UNPAUSE",
        ];
        RespWriter.WriteArrayHeader(answer, lines.Length);
        foreach (string line in lines) RespWriter.WriteSimple(answer, Encoding.ASCII.GetBytes(line));
    }
}
