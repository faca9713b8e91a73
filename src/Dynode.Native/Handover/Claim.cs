using System.Globalization;
using System.Text;

namespace Dynode.Native.Handover;

/// <summary>What a successor says it will be: where that is not what the one that runs is, neither can go on from the other.</summary>
/// <param name="protocol">As in the configuration.</param>
/// <param name="host">As in the configuration.</param>
/// <param name="port">As in the configuration.</param>
internal sealed class Claim(string protocol, string host, int port)
{
    /// <summary>Of the conversation. One that changes what a frame means gets another.</summary>
    public const string Version = "1";

    public byte[] Write() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Version}\n{protocol}\n{host}\n{port}\n"));

    /// <summary>Why another may not take over, for the end of a sentence; null: it may.</summary>
    public string? Refusal(string other)
    {
        string[] lines = other.Split('\n');
        string[] own = Encoding.UTF8.GetString(Write()).Split('\n');
        if (lines[0] != own[0])
            return $"this one hands over by version {Version}, and not by {(lines[0].Length is > 0 and < 10 && lines[0].All(char.IsAsciiDigit) ? lines[0] : "another")}";
        if (lines.Length < own.Length)
            return "it does not say what it will be";
        string[] names = ["", "protocol", "host", "port"];
        for (int i = 1; i < names.Length; i++)
        {
            if (lines[i] != own[i])
                return $"this one has {names[i]}={own[i]}, and a successor must have it too";
        }

        return null;
    }
}
