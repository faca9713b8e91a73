namespace Dynode.TestKit.Streams;

/// <summary>
/// How an engine and the way to it fail, at random: of what is in flight some is lost in the midst and what comes behind is taken, as by a leader that dies and its successor; some is taken
/// twice; some is held by the network and let go later, however much later; what is heard has gaps; pulls break off; connections end.
/// </summary>
/// <param name="random">Whose seed makes it happen again.</param>
public sealed class StreamFaults(Random random)
{
    private readonly List<byte[]> _held = [];

    /// <summary>Of publishes that are on their way when a leader dies.</summary>
    public double Lost { get; set; } = 0.5;

    /// <summary>Of steps, for each connection: a leader dies.</summary>
    public double LeaderDies { get; set; } = 0.02;

    /// <summary>Of publishes.</summary>
    public double Doubled { get; set; } = 0.03;

    /// <summary>Of publishes: a copy comes again some time.</summary>
    public double Held { get; set; } = 0.05;

    /// <summary>Of what is heard.</summary>
    public double Unheard { get; set; } = 0.05;

    /// <summary>Of pulls.</summary>
    public double Broken { get; set; } = 0.05;

    /// <summary>Of steps, for each connection: it ends, or is there again.</summary>
    public double Cut { get; set; } = 0.01;

    /// <summary>Nothing fails any more; what is held never comes.</summary>
    public void Heal()
    {
        Lost = LeaderDies = Doubled = Held = Unheard = Broken = Cut = 0;
        lock (_held)
            _held.Clear();
    }

    internal bool IsUnheard => random.NextDouble() < Unheard;

    internal bool IsBroken => random.NextDouble() < Broken;

    /// <summary>A step of one connection.</summary>
    /// <param name="log">Whose publishes are on their way.</param>
    /// <param name="arrive">Gets what is appended now, in order.</param>
    internal void Happen(ScriptedLog log, List<byte[]> arrive)
    {
        if (random.NextDouble() < LeaderDies)
            log.Way.RemoveAll(_ => random.NextDouble() < Lost);
        if (random.NextDouble() < Cut)
            log.Turn(isHere: false, "cut");
        else if (!log.IsHere && random.NextDouble() < 0.2)
            log.Turn(isHere: true);
        for (int count = random.Next(4); count > 0 && log.Way.Count > 0; count--)
        {
            var bytes = log.Way[0];
            log.Way.RemoveAt(0);
            for (int copies = random.NextDouble() < Doubled ? 2 : 1; copies > 0; copies--)
                arrive.Add(bytes);
            if (random.NextDouble() < Held)
            {
                lock (_held)
                    _held.Add(bytes);
            }
        }

        lock (_held)
        {
            if (_held.Count > 0 && random.NextDouble() < 0.03)
                arrive.Add(_held[random.Next(_held.Count)]);
        }
    }
}
