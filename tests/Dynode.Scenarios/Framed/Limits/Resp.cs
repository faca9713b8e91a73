using System.Globalization;
using System.Text;

namespace Dynode.Scenarios.Framed.Limits;

/// <summary>Requests of redis as bytes.</summary>
internal static class Resp
{
    public static byte[] Request(params string[] words)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{words.Length}\r\n");
        foreach (string word in words)
            text.Append(CultureInfo.InvariantCulture, $"${word.Length}\r\n{word}\r\n");
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>SET of a long value.</summary>
    public static byte[] Set(string key, ReadOnlySpan<byte> value) =>
        [.. Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"*3\r\n$3\r\nSET\r\n${key.Length}\r\n{key}\r\n${value.Length}\r\n")), .. value, .. "\r\n"u8];

    /// <summary>SET whose request is exactly so long in all.</summary>
    public static byte[] SetOfLength(string key, int requestBytes)
    {
        // The value's length has its own length, which has to be found.
        int value = requestBytes;
        while (Set(key, new byte[value]).Length > requestBytes)
            value--;
        byte[] request = Set(key, Enumerable.Repeat((byte)'v', value).ToArray());
        return request.Length == requestBytes ? request : throw new ArgumentException("no value makes it so long", nameof(requestBytes));
    }

    /// <summary>How long the value of such a SET is: what its last bulk says.</summary>
    public static int ValueLength(ReadOnlySpan<byte> set)
    {
        var head = set[..Math.Min(set.Length, 100)];
        var last = head[(head.LastIndexOf("\r\n$"u8) + 3)..];
        return int.Parse(last[..last.IndexOf((byte)'\r')], CultureInfo.InvariantCulture);
    }

    /// <summary>So many of the same.</summary>
    public static byte[] Times(this byte[] request, int count)
    {
        byte[] all = new byte[request.Length * count];
        for (int i = 0; i < count; i++)
            request.CopyTo(all, i * request.Length);
        return all;
    }
}
