using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Dynode.Protocols;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>Reads replies slowly and obviously, by recursion, with the whole stream before it.</summary>
internal sealed partial class ReplyOracle(byte[] bytes)
{
    private const int ElementsMax = 1 << 30;
    private readonly string _text = Encoding.Latin1.GetString(bytes);
    private int _at;
    private long _missing;

    /// <summary>The length of each reply, then how the stream ended.</summary>
    public static Trace Read(byte[] bytes) => new ReplyOracle(bytes).Read();

    private Trace Read()
    {
        List<string> frames = [];
        try
        {
            while (_at < _text.Length)
            {
                int start = _at;
                _missing = 1;
                ReadReply(first: true);
                frames.Add($"{_at - start}");
            }

            return new Trace(frames, nameof(FrameStatus.NeedMore));
        }
        catch (EndOfStreamException)
        {
            return new Trace(frames, nameof(FrameStatus.NeedMore));
        }
        catch (FormatException)
        {
            return new Trace(frames, nameof(FrameStatus.Malformed));
        }
    }

    /// <param name="first">Nothing of the frame has come before.</param>
    private void ReadReply(bool first = false)
    {
        _missing--;
        char marker = Next();
        switch (marker)
        {
            case '+' or '-' or ',' or '(':
                int end = _text.IndexOf("\r\n", _at, StringComparison.Ordinal);
                if (end < 0) throw new EndOfStreamException();
                _at = end + 2;
                break;
            case ':':
                ReadNumber();
                break;
            case '_':
                Expect('\r');
                Expect('\n');
                break;
            case '#':
                if (Next() is not ('t' or 'f')) throw new FormatException();
                Expect('\r');
                Expect('\n');
                break;
            case '$' or '!' or '=':
                var length = ReadNumber();
                if (length < (marker == '$' ? -1 : 0) || length > BigInteger.Pow(2, 40)) throw new FormatException();
                if (length == -1) break;
                if (_at + length > _text.Length) throw new EndOfStreamException();
                _at += (int)length;
                Expect('\r');
                Expect('\n');
                break;
            case '*' or '~':
                ReadAll(marker == '*' ? -1 : 0, 1);
                break;
            case '>' when first:
                ReadAll(0, 1);
                break;
            case '%':
                ReadAll(0, 2);
                break;
            case '|':
                // What it stands before is missing still.
                _missing++;
                ReadAll(0, 2);
                ReadReply();
                break;
            default:
                throw new FormatException();
        }
    }

    private void ReadAll(int least, int each)
    {
        var count = ReadNumber();
        if (count < least || (count * each) + _missing > ElementsMax) throw new FormatException();
        _missing += (long)BigInteger.Max(0, count * each);
        for (count *= each; count > 0; count--) ReadReply();
    }

    private BigInteger ReadNumber()
    {
        var number = new StringBuilder();
        char next;
        while ((next = Next()) != '\r')
        {
            number.Append(next);
            if (number.Length > 29) throw new FormatException();
        }

        Expect('\n');
        if (!Number().IsMatch(number.ToString())) throw new FormatException();
        var value = BigInteger.Parse(number.ToString(), CultureInfo.InvariantCulture);
        return value >= long.MinValue && value <= long.MaxValue ? value : throw new FormatException();
    }

    private char Next() => _at < _text.Length ? _text[_at++] : throw new EndOfStreamException();

    private void Expect(char wanted)
    {
        if (Next() != wanted) throw new FormatException();
    }

    [GeneratedRegex(@"\A(?:0|-?[1-9][0-9]*)\z")]
    private static partial Regex Number();
}
