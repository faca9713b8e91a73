using System.Globalization;
using System.Text;

namespace Dynode.Native.Handover;

/// <summary>What a successor says it will be: where that is not what the one that runs is, neither can go on from the other.</summary>
/// <param name="protocol">As in the configuration.</param>
/// <param name="host">As in the configuration.</param>
/// <param name="port">As in the configuration.</param>
/// <param name="tlsPort">As in the configuration; null: nobody speaks TLS.</param>
/// <param name="listenUnix">As in the configuration; empty: clients do not come by a unix socket.</param>
/// <param name="stream">That gives it its order; empty: the order is its own.</param>
internal sealed class Claim(string protocol, string host, int port, int? tlsPort = null, string stream = "", string listenUnix = "")
{
    /// <summary>Of the conversation. One that changes what a frame means gets another.</summary>
    public const string Version = "1";

    /// <summary>Both follow one stream: each is a broadcaster of its own there, and nothing goes over but the sockets that clients come to.</summary>
    public bool IsOrdered => stream.Length > 0;

    // Without a stream as it was before there were any.
    public byte[] Write() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Version}\n{protocol}\n{host}\n{port}{(tlsPort is { } tls ? $" tls_port={tls}" : "")}{(listenUnix.Length > 0 ? $" listen_unix={listenUnix}" : "")}\n{(IsOrdered ? $"{stream}\n" : "")}"));

    /// <summary>Why another may not take over, for the end of a sentence; null: it may.</summary>
    public string? Refusal(string other)
    {
        string[] lines = other.Split('\n');
        string[] own = Encoding.UTF8.GetString(Write()).Split('\n');
        if (lines[0] != own[0])
            return $"this one hands over by version {Version}, and not by {(lines[0].Length is > 0 and < 10 && lines[0].All(char.IsAsciiDigit) ? lines[0] : "another")}";
        string[] names = ["", "protocol", "host", "port"];
        if (lines.Length <= names.Length)
            return "it does not say what it will be";
        for (int i = 1; i < names.Length; i++)
        {
            if (lines[i] != own[i])
                return $"this one has {names[i]}={own[i]}, and a successor must have it too";
        }

        if (lines[names.Length] == stream)
            return null;
        return IsOrdered ? $"this one has its order of the stream {stream}, and a successor must have it too" : "this one has no log=, and a successor must not have it either";
    }
}
