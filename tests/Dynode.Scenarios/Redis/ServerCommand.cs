using System.Globalization;

namespace Dynode.Scenarios.Redis;

/// <summary>What a server says of one of its commands, or of one with its subcommand.</summary>
/// <param name="Name">Upper case; the subcommand behind a bar.</param>
/// <param name="Arity">How many arguments it takes, its name among them; below 0: at least so many.</param>
/// <param name="Marks">Flags, ACL categories and tips.</param>
/// <param name="Key">Which argument its first key is, the name being 0; 0: it has none; -1: not at one place.</param>
internal sealed record ServerCommand(string Name, int Arity, string[] Marks, int Key)
{
    /// <summary>All that a server has; of those with subcommands these alone.</summary>
    /// <param name="reply">To COMMAND, of RESP2.</param>
    public static IEnumerable<ServerCommand> Read(RespReply reply) => reply.Items!.SelectMany(Read1);

    // name, arity, flags, first, last, step, categories, tips, places of keys, subcommands
    private static IEnumerable<ServerCommand> Read1(RespReply one)
    {
        var fields = one.Items!;
        var subcommands = fields[9].Items!;
        if (subcommands.Length > 0) return subcommands.SelectMany(Read1);
        string[] marks = [.. fields[2].Texts!, .. fields[6].Texts!, .. fields[7].Texts!];
        return [new(fields[0].Text!.ToUpperInvariant(), (int)fields[1].Number, marks, fields[8].Items is [var place, ..] ? FirstKey(place) : 0)];
    }

    // Names and values in turn: begin_search is an index or a keyword, find_keys a range or, behind a number of keys, keynum.
    private static int FirstKey(RespReply place)
    {
        var begin = Of(place, "begin_search");
        if (Of(begin, "type").Text != "index") return -1;
        long index = Of(Of(begin, "spec"), "index").Number;
        var find = Of(place, "find_keys");
        return (int)(Of(find, "type").Text == "keynum" ? index + Of(Of(find, "spec"), "firstkey").Number : index);
    }

    private static RespReply Of(RespReply map, string name) =>
        map.Items!.Chunk(2).Where(pair => pair[0].Text == name).Select(pair => pair[1]).FirstOrDefault()
        ?? throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"no {name} in {map}"));
}
