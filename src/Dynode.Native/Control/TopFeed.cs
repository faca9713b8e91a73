namespace Dynode.Native.Control;

/// <summary>
/// Asks each second on a thread of its own, so that keys are obeyed while a broadcaster hangs. The thread writes <see cref="Last"/>, which
/// is immutable; whoever shows it reads it.
/// </summary>
internal sealed class TopFeed : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private const string ClientsMax = "200";

    private readonly ControlClient _client;
    private readonly TimeProvider _time;
    private readonly Action _arrived;
    private readonly AutoResetEvent _asked = new(false);
    private volatile TopSample _last;
    private volatile TopChoice _choice;
    private volatile bool _isOver;

    /// <param name="client">Whom to ask; the feed's alone from <see cref="Start"/> on.</param>
    /// <param name="first">A good /status.</param>
    /// <param name="choice">What is shown at first.</param>
    /// <param name="arrived">Called by the feed's thread when there is something new.</param>
    /// <param name="time">The clock.</param>
    public TopFeed(ControlClient client, JsonPart first, TopChoice choice, Action arrived, TimeProvider time)
    {
        _client = client;
        _time = time;
        _arrived = arrived;
        _choice = choice;
        _last = new() { Status = first, Seen = time.GetTimestamp() };
    }

    public TopSample Last => _last;

    public void Start() => new Thread(Run) { IsBackground = true, Name = "top" }.Start();

    /// <summary>Something else is to be asked for, at once.</summary>
    public void Choose(TopChoice choice)
    {
        _choice = choice;
        _asked.Set();
    }

    /// <summary>Ends with the process: what it waits for may take seconds, and nobody waits for it.</summary>
    public void Dispose()
    {
        _isOver = true;
        _asked.Set();
    }

    private void Run()
    {
        while (!_isOver)
        {
            long begin = _time.GetTimestamp();
            _last = Next(_last, _choice);
            _arrived();
            TimeSpan left = Period - _time.GetElapsedTime(begin);
            _asked.WaitOne(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    private TopSample Next(TopSample last, TopChoice choice)
    {
        ControlAnswer answer = _client.Get("/status");
        JsonPart status = JsonPart.Parse(answer.Body);
        if (!answer.IsGood || status["schema"].Number is null)
        {
            return new()
            {
                Status = last.Status,
                Clients = last.Clients,
                ClientsFault = last.ClientsFault,
                Seen = last.Seen,
                Fault = answer.Fault ?? (answer.IsGood ? "who answers is no broadcaster" : Verdict.Error(answer)),
            };
        }

        long seen = _time.GetTimestamp();
        if (!choice.HasClients)
            return new() { Status = status, Seen = seen };
        ControlAnswer clients = _client.Get($"/clients?sort={choice.Sort}&limit={ClientsMax}");
        return new()
        {
            Status = status,
            Seen = seen,
            Clients = JsonPart.Parse(clients.Body),
            ClientsFault = clients.IsGood ? null : clients.Fault ?? Verdict.Error(clients),
        };
    }
}
