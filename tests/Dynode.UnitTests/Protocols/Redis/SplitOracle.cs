namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>redis's <c>sdssplitargs</c>, step by step as it is written there: null where its quotes are unbalanced.</summary>
internal static class SplitOracle
{
    public static List<byte[]>? Split(byte[] line)
    {
        List<byte[]> words = [];
        int p = 0;
        byte At(int i) => i < line.Length ? line[i] : (byte)0;
        while (true)
        {
            while (At(p) != 0 && IsSpace(At(p))) p++;
            if (At(p) == 0) return words;
            List<byte> word = [];
            bool quoted = false;
            bool single = false;
            bool done = false;
            while (!done)
            {
                byte c = At(p);
                if (quoted)
                {
                    if (c == '\\' && At(p + 1) == 'x' && char.IsAsciiHexDigit((char)At(p + 2)) && char.IsAsciiHexDigit((char)At(p + 3)))
                    {
                        word.Add(Convert.FromHexString($"{(char)At(p + 2)}{(char)At(p + 3)}")[0]);
                        p += 3;
                    }
                    else if (c == '\\' && At(p + 1) != 0)
                    {
                        p++;
                        int escape = "nrtba".IndexOf((char)At(p), StringComparison.Ordinal);
                        word.Add(escape < 0 ? At(p) : (byte)"\n\r\t\b\a"[escape]);
                    }
                    else if (c == '"')
                    {
                        if (At(p + 1) != 0 && !IsSpace(At(p + 1))) return null;
                        done = true;
                    }
                    else if (c == 0)
                    {
                        return null;
                    }
                    else
                    {
                        word.Add(c);
                    }
                }
                else if (single)
                {
                    if (c == '\\' && At(p + 1) == '\'')
                    {
                        p++;
                        word.Add((byte)'\'');
                    }
                    else if (c == '\'')
                    {
                        if (At(p + 1) != 0 && !IsSpace(At(p + 1))) return null;
                        done = true;
                    }
                    else if (c == 0)
                    {
                        return null;
                    }
                    else
                    {
                        word.Add(c);
                    }
                }
                else if (" \n\r\t\0".Contains((char)c, StringComparison.Ordinal))
                {
                    done = true;
                }
                else if (c == '"')
                {
                    quoted = true;
                }
                else if (c == '\'')
                {
                    single = true;
                }
                else
                {
                    word.Add(c);
                }

                if (At(p) != 0) p++;
            }

            words.Add([.. word]);
        }
    }

    private static bool IsSpace(byte c) => " \t\n\v\f\r".Contains((char)c, StringComparison.Ordinal);
}
