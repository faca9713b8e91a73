using System.Runtime.InteropServices;
using System.Text;

namespace Dynode.Native.Control;

/// <summary>
/// The full screen: drawn when something new has come, a key was pressed, or the terminal has another size. Whatever ends it, the terminal
/// is as it was. Its own thread draws and reads keys; signals, which come on others, leave word and wake it.
/// </summary>
internal sealed class TopScreen : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l";

    private const string Leave = "\e[0m\e[?25h\e[?1049l";

    private const int RedrawMilliseconds = 1000;

    private readonly ControlClient _client;
    private readonly Display _display;
    private readonly bool _hasStyle;
    private readonly TimeProvider _time;
    private readonly (int Read, int Write) _wake = Terminal.Pipe();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private TopChoice _choice = new();
    private volatile int _signal;
    private volatile bool _isToStop;
    private volatile bool _isToTake;
    private bool _isOver;

    private TopScreen(ControlClient client, Display display, bool hasStyle, TimeProvider time)
    {
        _client = client;
        _display = display;
        _hasStyle = hasStyle;
        _time = time;
    }

    /// <summary>Shows it until somebody quits; a table again and again where there is no terminal for it.</summary>
    /// <param name="client">Whom to ask.</param>
    /// <param name="display">Where to.</param>
    /// <param name="variable">The environment.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The status; 128 and the signal's number where one has ended it.</returns>
    public static int Run(ControlClient client, Display display, Func<string, string?> variable, TimeProvider time)
    {
        if (!display.IsTerminal || !Terminal.IsWhole(variable))
            return ReadVerb.Run(client, new("/status", Views.Status), isJson: false, isWatch: true, display);
        ControlAnswer answer = client.Get("/status");
        if (!answer.IsGood)
            return Verdict.Of(answer, client.Place, display);
        JsonPart status = JsonPart.Parse(answer.Body);
        if (status["schema"].Number is null)
            return Verdict.Strange(client.Place, display);

        using var screen = new TopScreen(client, display, display.HasStyle, time);
        return screen.Run(status);
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    private int Run(JsonPart status)
    {
        Register();
        using var feed = new TopFeed(_client, status, _choice, () => Terminal.Wake(_wake.Write), _time);
        try
        {
            Take();
            feed.Start();
            Show(feed);
        }
        finally
        {
            GiveBack();
        }

        return _signal == 0 ? VerbStatus.Good : 128 + _signal;
    }

    private void Register()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
            _registrations.Add(PosixSignalRegistration.Create(signal, End));
        if (!OperatingSystem.IsLinux())
            return;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, GoOn));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Terminal.Wake(_wake.Write)));
    }

    private void Show(TopFeed feed)
    {
        Span<byte> keys = stackalloc byte[64];
        TopSample shown = feed.Last;
        while (_signal == 0 && !_isOver && !_display.IsOver)
        {
            if (_isToStop)
            {
                _isToStop = false;
                GiveBack();
                Terminal.Stop();
                _isToTake = true;
            }

            if (_isToTake)
            {
                _isToTake = false;
                Take();
            }

            shown = _choice.IsPaused ? shown : feed.Last;
            Draw(shown);
            int count = Terminal.Wait(_wake.Read, RedrawMilliseconds, keys);
            if (count < 0)
                return;
            Obey(TypedKeys.Of(keys[..count]), feed);
        }
    }

    private void Obey(string keys, TopFeed feed)
    {
        foreach (char key in keys)
        {
            _isOver |= key is 'q' or 'Q';
            TopChoice next = _choice.After(key);
            if (next == _choice)
                continue;
            _choice = next;
            feed.Choose(next);
        }
    }

    // In one piece, line by line from the top; each is emptied before it is written, since at its last column some terminals empty that.
    private void Draw(TopSample sample)
    {
        (int columns, int rows) = Terminal.Size;
        var screen = new StringBuilder();
        List<StyledLine> lines = TopPage.Lines(sample, _choice, _time.GetElapsedTime(sample.Seen), columns, rows);
        for (int row = 0; row < lines.Count; row++)
            screen.Append(System.Globalization.CultureInfo.InvariantCulture, $"\e[{row + 1};1H\e[K").Append(lines[row].Render(_hasStyle, columns));
        _display.Output.Write(screen.ToString());
    }

    private void Take()
    {
        Terminal.Take();
        _display.Output.Write(Enter + "\e[2J");
    }

    private void GiveBack()
    {
        _display.Output.Write(Leave);
        Terminal.GiveBack();
    }

    // A second one ends the process whatever the terminal does, which may take no more output.
    private void End(PosixSignalContext context)
    {
        context.Cancel = _signal == 0;
        if (!context.Cancel)
            Terminal.GiveBack();
        _signal = context.Signal switch
        {
            PosixSignal.SIGHUP => 1,
            PosixSignal.SIGINT => 2,
            PosixSignal.SIGQUIT => 3,
            _ => 15,
        };
        Terminal.Wake(_wake.Write);
    }

    // Cancelled, for else the runtime would give the terminal the settings that it had at the start, behind ours.
    private void GoOn(PosixSignalContext context)
    {
        context.Cancel = true;
        _isToTake = true;
        Terminal.Wake(_wake.Write);
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _isToStop = true;
        Terminal.Wake(_wake.Write);
    }
}
