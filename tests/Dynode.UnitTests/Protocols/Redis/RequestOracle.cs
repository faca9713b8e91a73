using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>Reads requests slowly and obviously, with the whole stream before it.</summary>
internal sealed partial class RequestOracle(byte[] bytes, long requestBytesMax)
{
    private readonly string _text = Encoding.Latin1.GetString(bytes);

    public List<List<byte[]>> Arrays { get; } = [];

    public static Trace Read(byte[] bytes, long requestBytesMax = long.MaxValue) => new RequestOracle(bytes, requestBytesMax).Read();

    /// <summary>One frame's line in a trace.</summary>
    public static string Frame(long length, bool isInline, int count, IEnumerable<RespArgument> first) =>
        $"{length} {(isInline ? "line" : "array")} {count} {string.Join(' ', first)}";

    public Trace Read()
    {
        List<string> frames = [];
        int at = 0;
        try
        {
            while (at < _text.Length) frames.Add(_text[at] == '*' ? ReadArray(ref at) : ReadLine(ref at));
            return new Trace(frames, nameof(FrameStatus.NeedMore));
        }
        catch (EndOfStreamException)
        {
            return new Trace(frames, nameof(FrameStatus.NeedMore));
        }
        catch (FormatException e)
        {
            return new Trace(frames, e.Message);
        }
    }

    private static FormatException Wrong(RespFault fault) => new FormatException(Encoding.Latin1.GetString(RespRequestFramer.Text(fault)));

    private string ReadLine(ref int at)
    {
        long max = Math.Min(16 * 1024, requestBytesMax);
        int end = _text.IndexOfAny(['\n', '\0'], at);
        long length = (end < 0 ? _text.Length : end + 1) - at;
        if (length > max || (end >= 0 && _text[end] == '\0')) throw Wrong(RespFault.TooBigInline);
        if (end < 0) throw new EndOfStreamException();
        at = end + 1;
        return Frame(length, true, 0, Enumerable.Repeat(new RespArgument(0, -1), 3));
    }

    private string ReadArray(ref int at)
    {
        int start = at;
        long count = ReadNumber(ref at, RespFault.TooBigMultibulkCount, RespFault.InvalidMultibulkLength);
        if (count > 1_048_576 || at - start + (6 * Math.Max(0, count)) > requestBytesMax) throw Wrong(RespFault.InvalidMultibulkLength);
        List<byte[]> arguments = [];
        List<RespArgument> first = [];
        for (long left = count; left > 0; left--)
        {
            if (at == _text.Length) throw new EndOfStreamException();
            if (_text[at] != '$') throw Wrong(RespFault.ExpectedBulk + _text[at]);
            long length = ReadNumber(ref at, RespFault.TooBigBulkCount, RespFault.InvalidBulkLength);
            if (length < 0 || (BigInteger)at - start + length + 2 + (6 * (left - 1)) > requestBytesMax) throw Wrong(RespFault.InvalidBulkLength);
            if (at + length + 2 > _text.Length) throw new EndOfStreamException();
            if (first.Count < 3) first.Add(at - start < IRequestReader.HeadBytesMax ? new RespArgument(at - start, (int)length) : new RespArgument(0, -1));
            arguments.Add(bytes[at..(at + (int)length)]);
            at += (int)length + 2;
        }

        while (first.Count < 3) first.Add(new RespArgument(0, -1));
        Arrays.Add(arguments);
        return Frame(at - start, false, (int)Math.Max(0, count), first);
    }

    private long ReadNumber(ref int at, RespFault endless, RespFault invalid)
    {
        int end = _text.IndexOf('\r', at);
        bool whole = end >= 0 && end + 1 < _text.Length;
        int length = whole ? end + 2 - at : _text.Length - at;
        if (length > 32 || (!whole && length == 32)) throw Wrong(endless);
        if (!whole) throw new EndOfStreamException();
        string number = _text[(at + 1)..end];
        if (!Number().IsMatch(number)) throw Wrong(invalid);
        var value = BigInteger.Parse(number, CultureInfo.InvariantCulture);
        if (value < long.MinValue || value > long.MaxValue) throw Wrong(invalid);
        at = end + 2;
        return (long)value;
    }

    [GeneratedRegex(@"\A(?:0|-?[1-9][0-9]*)\z")]
    private static partial Regex Number();
}
