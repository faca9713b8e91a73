namespace Dynode.Native.Admin;

/// <summary>
/// When a count that only grows was how much: so that the age of what waits can be told from how much of it waits.
/// <code>
///   count │                    ● now
///         │            ●───────┘
///         │   ●────────┘  ◀ of what waits, the first came here: that long ago
///         └──────────────────────▶ time
/// </code>
/// What it remembers becomes coarser with its age: of the older half every second one is forgotten when there is no room. Pure.
/// </summary>
internal sealed class Timeline
{
    private const int EntriesMax = 128;

    private long[] _at = new long[8];
    private long[] _counts = new long[8];
    private int _entries;
    private long _stoodUntil;

    /// <summary>The count at a time; neither goes back, and one that has not grown is no news.</summary>
    public void Add(TimeSpan at, long count)
    {
        if (_entries > 0)
        {
            long last = _counts[_entries - 1];
            if (count <= last)
            {
                _stoodUntil = at.Ticks;
                return;
            }

            // What comes now is not spread over the time in which nothing came.
            if (_stoodUntil > _at[_entries - 1])
                Append(_stoodUntil, last);
        }

        Append(at.Ticks, count);
    }

    /// <summary>How long ago the count went beyond a value; between two entries it grew evenly.</summary>
    /// <param name="value">Below the count now.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null: before anything that is remembered.</returns>
    public TimeSpan? AgeOf(long value, TimeSpan now)
    {
        for (int i = _entries - 1; i >= 0; i--)
        {
            if (_counts[i] > value)
                continue;
            if (i == _entries - 1)
                return TimeSpan.Zero;
            double share = (double)(value - _counts[i]) / (_counts[i + 1] - _counts[i]);
            return TimeSpan.FromTicks(now.Ticks - _at[i] - (long)((_at[i + 1] - _at[i]) * share));
        }

        return null;
    }

    private void Append(long at, long count)
    {
        if (_entries == EntriesMax)
            Thin();
        if (_entries == _at.Length)
        {
            Array.Resize(ref _at, _entries * 2);
            Array.Resize(ref _counts, _entries * 2);
        }

        (_at[_entries], _counts[_entries]) = (at, count);
        _entries++;
    }

    private void Thin()
    {
        int kept = 0;
        for (int i = 0; i < _entries; i++)
        {
            // The first one is the oldest that is known, and stays.
            if (i < EntriesMax / 2 && i % 2 != 0)
                continue;
            (_at[kept], _counts[kept]) = (_at[i], _counts[i]);
            kept++;
        }

        _entries = kept;
    }
}
