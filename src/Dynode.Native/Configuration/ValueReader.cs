using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Protocols;
using Dynode.Streams.Nats;

namespace Dynode.Native.Configuration;

/// <summary>
/// A value that was read: <paramref name="Text"/> in its one canonical spelling, so that two values are equal when they mean
/// the same, and <paramref name="Number"/> where its kind is a number (a count, milliseconds, bytes, 0 or 1, the place among the choices).
/// Of a <paramref name="Secret"/> the text says only that there is one.
/// </summary>
internal readonly record struct ConfigurationValue(string Text, long Number = 0, Secret Secret = default);

/// <summary>The texts of values, judged one at a time; what needs two keys is judged by <see cref="CrossChecks"/>.</summary>
internal static class ValueReader
{
    /// <summary>Reads a text that is not empty.</summary>
    /// <param name="key">Whose value it is.</param>
    /// <param name="text">As written, without surrounding white space.</param>
    /// <param name="faults">Takes a sentence for each thing that is wrong.</param>
    /// <returns>Null: there were faults.</returns>
    public static ConfigurationValue? Read(ConfigurationKey key, string text, ICollection<string> faults)
    {
        // U+FFFD: what the file's bytes decode to where they are no UTF-8. A list may stand in a block of several lines.
        ReadOnlySpan<char> plain = key.Kind is ValueKind.Servers or ValueKind.Networks ? string.Concat(text.Where(c => !ServerEntries.IsWhite(c))) : text;
        if (plain.ContainsAnyInRange('\0', '\x1f') || plain.Contains('�'))
        {
            faults.Add($"{key.Name} holds characters that are no text");
            return null;
        }

        return key.Kind switch
        {
            ValueKind.Flag => Flag(key, text, faults),
            ValueKind.Count or ValueKind.Duration or ValueKind.Size or ValueKind.Share => Number(key, text, faults),
            ValueKind.Choice => Choice(key, text, faults),
            ValueKind.Host => Host(key, text, faults),
            ValueKind.Servers => ServerEntries.Read(text, faults),
            ValueKind.Networks => NetworkEntries.Read(key, text, faults),
            ValueKind.Url => Url(key, text, faults),
            ValueKind.Secret => Secret(key, text, faults),
            ValueKind.Control => AdminValues.Control(key, text, faults),
            ValueKind.AdminPlace => AdminValues.Place(key, text, faults),
            ValueKind.Names => AdminValues.Names(key, text, faults),
            ValueKind.Path => Path(key, text, faults),
            ValueKind.Paths => Paths(key, text, faults),
            ValueKind.Mode => Mode(key, text, faults),
            ValueKind.OrderedLog => OrderedLog(key, text, faults),
            ValueKind.Ready => AdminValues.Ready(key, text, faults),
            _ => new ConfigurationValue(text),
        };
    }

    /// <summary>The default that the table has for <paramref name="key"/>; empty where it is computed, or nothing.</summary>
    public static ConfigurationValue Default(ConfigurationKey key) => key.Default.Length == 0
        ? new ConfigurationValue("")
        : Read(key, key.Default, []) ?? throw new InvalidOperationException($"the default of {key.Name} is faulty");

    private static ConfigurationValue? Flag(ConfigurationKey key, string text, ICollection<string> faults)
    {
        if (bool.TryParse(text, out bool flag))
            return new ConfigurationValue(flag ? "true" : "false", flag ? 1 : 0);
        faults.Add($"{Shown.Assignment(key, text)} is neither true nor false");
        return null;
    }

    private static ConfigurationValue? Number(ConfigurationKey key, string text, ICollection<string> faults)
    {
        (bool isNumber, long number) = key.Kind switch
        {
            ValueKind.Duration or ValueKind.Share => (NumberText.TryReadDuration(text, out long thousandths), thousandths),
            ValueKind.Size => (NumberText.TryReadSize(text, out long bytes), bytes),
            _ => (NumberText.TryReadCount(text, out long count), count),
        };
        if (!isNumber)
        {
            faults.Add($"{Shown.Assignment(key, text)} is no {What(key)}");
            return null;
        }

        if (number < key.Min || number > key.Max)
        {
            faults.Add($"{Shown.Assignment(key, text)} is not between {NumberOf(key, key.Min)} and {NumberOf(key, key.Max)}{Unit(key)}");
            return null;
        }

        return new ConfigurationValue(NumberOf(key, number), number);
    }

    private static string What(ConfigurationKey key) => key.Kind switch
    {
        ValueKind.Duration => "number of seconds (like 5 or 0.25, at most three decimals)",
        ValueKind.Size => "number of bytes (like 65536, 64k, 16m or 1g)",
        ValueKind.Share => "share (like 0.5, at most three decimals)",
        _ => "whole number",
    };

    private static string Unit(ConfigurationKey key) => key.Kind switch
    {
        ValueKind.Duration => " seconds",
        ValueKind.Size => " bytes",
        _ => "",
    };

    private static string NumberOf(ConfigurationKey key, long number) => key.Kind switch
    {
        ValueKind.Duration or ValueKind.Share => NumberText.Duration(number),
        ValueKind.Size => NumberText.Size(number),
        _ => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static ConfigurationValue? Choice(ConfigurationKey key, string text, ICollection<string> faults)
    {
        for (int i = 0; i < key.Choices.Length; i++)
        {
            if (key.Choices[i].Equals(text, StringComparison.OrdinalIgnoreCase))
                return new ConfigurationValue(key.Choices[i], i);
        }

        faults.Add($"{Shown.Assignment(key, text)} is none of {string.Join(", ", key.Choices)}");
        return null;
    }

    // The rules of a server's host are the rules of ours.
    private static ConfigurationValue? Host(ConfigurationKey key, string text, ICollection<string> faults)
    {
        if (text == "*")
            return new ConfigurationValue(text);
        bool isBareSix = IPAddress.TryParse(text, out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 && text[0] != '[';
        if (BackendAddress.TryParse(isBareSix ? $"[{text}]:1" : $"{text}:1", out BackendAddress? address, out _) && address.Path is null)
            return new ConfigurationValue(address.Host);
        faults.Add($"{Shown.Assignment(key, text)} is no host name, no IP address and not *");
        return null;
    }

    private static ConfigurationValue? Paths(ConfigurationKey key, string text, ICollection<string> faults)
    {
        string[] paths = text.Split(',', StringSplitOptions.TrimEntries);
        if (paths.Length > ConfigurationLimits.PathsMax)
        {
            faults.Add($"{key.Name} names {paths.Length} files, and may name {ConfigurationLimits.PathsMax}");
            return null;
        }

        var read = paths.Select(path => Path(key, path, faults)).ToList();
        return read.Contains(null) ? null : new ConfigurationValue(string.Join(",", read.Select(static path => path!.Value.Text)));
    }

    private static ConfigurationValue? Path(ConfigurationKey key, string text, ICollection<string> faults)
    {
        bool fits = System.Text.Encoding.UTF8.GetByteCount(text) <= ConfigurationLimits.DirectoryBytesMax;
        if (text.StartsWith('/') && fits)
            return new ConfigurationValue(text.Length > 1 ? text.TrimEnd('/') : text);
        faults.Add(Shown.Assignment(key, text) + (fits ? " is no path that begins with /" : " is longer than the 4000 bytes that a directory's path may have"));
        return null;
    }

    private static ConfigurationValue? Mode(ConfigurationKey key, string text, ICollection<string> faults)
    {
        if (text.Length == 3 && !text.AsSpan().ContainsAnyExceptInRange('0', '7'))
            return new ConfigurationValue(text, Convert.ToInt32(text, 8));
        faults.Add($"{Shown.Assignment(key, text)} is no mode of three octal digits, like 660");
        return null;
    }

    private static ConfigurationValue? OrderedLog(ConfigurationKey key, string text, ICollection<string> faults)
    {
        if (NatsUrl.TryParse(text, out NatsUrl? url, out string fault) && url is not null)
            return new ConfigurationValue(url.ToString());
        faults.Add($"{key.Name}: {fault}");
        return null;
    }

    private static ConfigurationValue? Url(ConfigurationKey key, string text, ICollection<string> faults)
    {
        if (Content(key, text, faults) is not { } content)
            return null;
        if (Uri.TryCreate(content, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.Host.Length > 0)
            return new ConfigurationValue(content);
        faults.Add($"{Shown.Assignment(key, content)} is no http:// or https:// URL");
        return null;
    }

    /// <summary>As written, or what the file holds that is written.</summary>
    private static string? Content(ConfigurationKey key, string text, ICollection<string> faults)
    {
        if (!FileText.IsNamed(text))
            return text;
        if (FileText.Read(text[1..], out string? fault) is { } content)
            return content;
        faults.Add($"{key.Name}: {Shown.Plain(text[1..])} {fault}");
        return null;
    }

    private static ConfigurationValue? Secret(ConfigurationKey key, string text, ICollection<string> faults)
    {
        string path = text[1..];
        string? fault = null;
        Secret? secret = FileText.IsNamed(text) ? SecretFile.Read(path, out fault) : text;
        if (secret is { } read)
            return new ConfigurationValue(read.ToString(), Secret: read);
        faults.Add($"{key.Name}: {Shown.Plain(path)} {fault}");
        return null;
    }
}
