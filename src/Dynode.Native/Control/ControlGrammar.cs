using System.CommandLine;
using Dynode.Native.Configuration;

namespace Dynode.Native.Control;

/// <summary>The verbs that ask a running broadcaster, as they are typed.</summary>
internal sealed class ControlGrammar
{
    private static readonly TimeSpan OrderPatience = OrderVerb.Patience;

    private readonly VerbPlace _place;
    private readonly Func<Display> _display;
    private readonly Consent _consent;
    private readonly Dictionary<Command, string> _examples = [];
    private readonly Option<bool> _json = new("--json") { Description = "The broadcaster's answer as it is, for scripts." };
    private readonly Option<bool> _watch = new("--watch") { Description = "Again each second, until Ctrl-C." };

    /// <param name="place">The options that say which broadcaster.</param>
    /// <param name="display">Where words go; asked when there are some.</param>
    /// <param name="consent">Who is asked whether it is meant.</param>
    public ControlGrammar(VerbPlace place, Func<Display> display, Consent consent)
    {
        _consent = consent;
        _place = place;
        _display = display;
        place.Check();
    }

    /// <summary>For a verb's help; null: it has none.</summary>
    public string? ExampleOf(Command verb) => _examples.GetValueOrDefault(verb);

    /// <summary>Hangs all of them into the root.</summary>
    public void AddTo(Command root)
    {
        Read(root, "status", "Shows what it does, and how each server is.", "dynode status --watch", "/status", Views.Status);
        Read(root, "servers", "Lists the servers: who is behind, how far, and when it will have caught up.", "dynode servers --at 10.0.0.5:9100", "/status", Views.Servers);
        root.Add(ClientsVerb());
        root.Add(TopVerb());
        Read(root, "slowlog", "Lists the requests that took longest of late, and whom they waited for.", "dynode slowlog", "/slowlog", Views.SlowLog);
        Read(root, "events", "Lists the last warnings and errors.", "dynode events --watch", "/events", Views.Events);
        Read(root, "config", "Lists every key in force, and where it comes from.", "dynode config --json", "/config", Views.Configuration);
        Read(root, "metrics", "Prints its metrics, as Prometheus reads them.", "dynode metrics", "/metrics", null);
        root.Add(ServerVerb("disable", "Ends a server's connections; what it misses is kept within the backlog. For its maintenance.", hasWhenCurrent: true));
        root.Add(ServerVerb("enable", "Takes back disable and eject.", hasWhenCurrent: false));
        root.Add(ServerVerb("eject", "Has a server receive, but not vote, and hold nobody.", hasWhenCurrent: true));
        root.Add(ServerVerb("add", "Adds a server to those of the configuration and the list.", hasWhenCurrent: false));
        root.Add(ServerVerb("remove", "Removes a server: it gets what was meant for it, and is a server no more.", hasWhenCurrent: false));
        root.Add(GapsVerb());
        root.Add(AdoptVerb());
        root.Add(WaitFor());
        root.Add(KickVerb());
        root.Add(LogVerb());
        root.Add(OrderOf("drain", "Has it end as by SIGTERM: no more clients, what was taken is delivered.", "dynode drain", "/drain"));
        root.Add(ReloadVerb());
    }

    /// <summary>A verb with its options, and those that say which broadcaster.</summary>
    public Command Verb(string name, string description, string example, params ReadOnlySpan<Symbol> symbols)
    {
        var verb = new Command(name, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
                verb.Add(argument);
            else if (symbol is Option option)
                verb.Add(option);
        }

        _place.AddTo(verb);
        _examples.Add(verb, example);
        return verb;
    }

    /// <summary>Whatever a verb does, it does with a client and a display.</summary>
    public void Act(Command verb, Func<ParseResult, ControlClient, Display, int> act) => verb.SetAction(parsed =>
    {
        Display display = _display();
        using ControlClient? client = _place.Client(parsed, display, out int status);
        return client is null ? status : act(parsed, client, display);
    });

    private void Read(Command root, string name, string description, string example, string target, Func<JsonPart, List<StyledLine>>? view)
    {
        Command verb = Verb(name, description, example, _json, _watch);
        Act(verb, (parsed, client, display) => ReadVerb.Run(client, new(target, view), parsed.GetValue(_json), parsed.GetValue(_watch), display));
        root.Add(verb);
    }

    private Command ClientsVerb()
    {
        var sort = new Option<string>("--sort") { Description = "Who stands first: owed, age or requests.", HelpName = "BY", DefaultValueFactory = static _ => "owed" };
        sort.AcceptOnlyFromAmong("owed", "age", "requests");
        var limit = new Option<int>("--limit") { Description = "At most so many, up to 1000.", HelpName = "N", DefaultValueFactory = static _ => 100 };
        limit.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && (!NumberText.TryReadCount(token.Value, out long count) || count is < 1 or > 1000))
                result.AddError("--limit takes a number between 1 and 1000.");
        });
        Command verb = Verb("clients", "Lists the clients, those that wait for most first.", "dynode clients --sort age --limit 20", sort, limit, _json, _watch);
        Act(verb, (parsed, client, display) =>
        {
            string target = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/clients?sort={parsed.GetValue(sort)}&limit={parsed.GetValue(limit)}");
            return ReadVerb.Run(client, new(target, Views.Clients), parsed.GetValue(_json), parsed.GetValue(_watch), display);
        });
        return verb;
    }

    private Command TopVerb()
    {
        Command verb = Verb("top", "Shows servers and clients on the full screen: s sorts, c hides clients, p pauses, q quits.", "dynode top");
        Act(verb, (_, client, display) => TopScreen.Run(client, display, _place.Variable, TimeProvider.System));
        return verb;
    }

    private Command ServerVerb(string name, string description, bool hasWhenCurrent)
    {
        Argument<string> address = Address("ADDRESS", "The server: host:port.");
        var whenCurrent = new Option<bool>("--when-current") { Description = "When it has caught up, and not before." };
        Command verb = hasWhenCurrent
            ? Verb(name, description, $"dynode {name} 10.0.0.2:6379 --when-current", address, whenCurrent)
            : Verb(name, description, $"dynode {name} 10.0.0.2:6379", address);
        Act(verb, (parsed, client, display) =>
        {
            string target = $"/servers/{ServerAddress.Escape(parsed.GetValue(address)!)}/{name}";
            return OrderVerb.Run(client, hasWhenCurrent && parsed.GetValue(whenCurrent) ? $"{target}?when_current=true" : target, OrderPatience, display);
        });
        return verb;
    }

    private Command GapsVerb()
    {
        Command verb = Verb("gaps", "Lists the servers that have missed requests: why, and from which on.", "dynode gaps", _json, _watch);
        Act(verb, (parsed, client, display) => ReadVerb.Run(client, new("/status", Views.Gaps), parsed.GetValue(_json), parsed.GetValue(_watch), display));
        Argument<string?> address = new("ADDRESS") { Description = "The server: host:port. Without it: all of them.", Arity = ArgumentArity.ZeroOrOne };
        ServerAddress.Check(address);
        Command close = Verb("close", "Says that a server was made equal to the others by hand: it has no gap any more.", "dynode gaps close 10.0.0.2:6379", address);
        Act(close, (parsed, client, display) => OrderVerb.Run(
            client, parsed.GetValue(address) is { } server ? $"/gaps/close?server={ServerAddress.Escape(server)}" : "/gaps/close", OrderVerb.GapPatience, display));
        verb.Add(close);
        return verb;
    }

    private Command AdoptVerb()
    {
        Argument<string[]> servers = new("SERVER") { Description = "The servers: host:port; or all.", HelpName = "SERVER…|all", Arity = ArgumentArity.OneOrMore };
        servers.Validators.Add(static result =>
        {
            foreach (var token in result.Tokens)
            {
                if (token.Value == Wish.All ? result.Tokens.Count > 1 : ServerAddress.FaultOf(token.Value) is not null)
                    result.AddError(token.Value == Wish.All ? "all stands alone." : ServerAddress.FaultOf(token.Value)!);
            }
        });
        var yes = new Option<bool>("--yes", "-y") { Description = "Asks nobody: for scripts." };
        Command verb = Verb("adopt", "Says that servers count as equal, at the number of the stream where they stand, whatever they lack or have too much of by its word: what comes behind it they are sent. --at last says the same in more words. With log=.",
            "dynode adopt 10.0.0.1:6379 10.0.0.2:6379", servers, yes, _json);
        Act(verb, (parsed, client, display) =>
        {
            string[] named = parsed.GetValue(servers)!;
            bool isAll = named is [Wish.All];
            string what = isAll ? "All servers of this broadcaster" : string.Join(", ", named.Select(ServerAddress.Canonical));
            int status = _consent.Ask($"{what} will count as equal to all others, with what they hold now. Nothing looks whether they are.", parsed.GetValue(yes), display);
            string query = isAll ? "" : $"?server={string.Join("&server=", named.Select(ServerAddress.Escape))}";
            return status != VerbStatus.Good ? status : OrderVerb.Run(client, $"/adopt{query}", OrderVerb.GapPatience, display, parsed.GetValue(_json));
        });
        return verb;
    }

    private Command WaitFor()
    {
        var ready = new Option<bool>("--ready") { Description = "Until it lets clients in." };
        var current = new Option<string?>("--current") { Description = "Until this server, or all of them, has caught up.", HelpName = "ADDRESS|all" };
        current.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && token.Value != Wish.All && ServerAddress.FaultOf(token.Value) is { } fault)
                result.AddError($"--current {fault}");
        });
        var timeout = new Option<string?>("--timeout")
        {
            Description = "Seconds, or 10m. It waits that long for a broadcaster that is not there, too. Without it: as long as it may still become so.",
            HelpName = "S",
        };
        timeout.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && DurationText.Read(token.Value) is null)
                result.AddError($"--timeout takes {DurationText.Forms}.");
        });
        Command verb = Verb("wait", "Returns when it is so: 0, or 1 and what is not. For scripts that restart one server after the other.",
            "dynode wait --current 10.0.0.2:6379 --timeout 300", ready, current, timeout);
        verb.Validators.Add(result =>
        {
            if ((result.GetResult(ready) is not null) == (result.GetResult(current) is not null))
                result.AddError("wait takes --ready or --current ADDRESS|all.");
        });
        Act(verb, (parsed, client, display) =>
        {
            string? server = parsed.GetValue(current);
            TimeSpan? limit = parsed.GetValue(timeout) is { } text ? DurationText.Read(text) : null;
            return WaitVerb.Run(client, new(server is null or Wish.All ? server : ServerAddress.Canonical(server)), limit, display, TimeProvider.System);
        });
        return verb;
    }

    private Command KickVerb()
    {
        Argument<string> id = new("CLIENT") { Description = "Its number in dynode clients." };
        id.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && (!NumberText.TryReadCount(token.Value, out long number) || number == long.MaxValue))
                result.AddError("CLIENT is the number that dynode clients shows.");
        });
        Command verb = Verb("kick", "Closes a client's connection.", "dynode kick 17", id);
        Act(verb, (parsed, client, display) => OrderVerb.Run(client, $"/clients/{parsed.GetValue(id)}/close", OrderPatience, display));
        return verb;
    }

    private Command LogVerb()
    {
        string levels = string.Join(", ", ConfigurationKeys.LogLevel.Choices);
        Argument<string> level = new("LEVEL") { Description = $"{levels}." };
        level.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !ConfigurationKeys.LogLevel.Choices.Contains(token.Value.ToUpperInvariant()))
                result.AddError($"LEVEL is one of {levels}.");
        });
        var time = new Option<string?>("--for") { Description = "For so long, then as before: seconds, or 10m.", HelpName = "TIME" };
        time.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && DurationText.Read(token.Value) is not { Ticks: > 0 })
                result.AddError($"--for takes {DurationText.Forms}.");
        });
        Command verb = Verb("log", "Sets the least level that is logged, until the next reload or for some time.", "dynode log DEBUG --for 10m", level, time);
        Act(verb, (parsed, client, display) =>
        {
            string target = $"/log?level={parsed.GetValue(level)!.ToUpperInvariant()}";
            if (parsed.GetValue(time) is { } text && DurationText.Read(text) is { } span)
                target += $"&for_seconds={FigureText.Whole(Math.Ceiling(span.TotalSeconds))}";
            return OrderVerb.Run(client, target, OrderPatience, display);
        });
        return verb;
    }

    private Command OrderOf(string name, string description, string example, string target)
    {
        Command verb = Verb(name, description, example);
        Act(verb, (_, client, display) => OrderVerb.Run(client, target, OrderPatience, display));
        return verb;
    }

    private Command ReloadVerb()
    {
        Command verb = Verb("reload", "Has it read its configuration again; what is wrong with it is printed, and exits 78.", "dynode reload");
        Act(verb, (parsed, client, display) => OrderVerb.Reload(client, _place.MainProcess, _place.PlacesOf(parsed), display));
        return verb;
    }

    private static Argument<string> Address(string name, string description)
    {
        Argument<string> address = new(name) { Description = description };
        ServerAddress.Check(address);
        return address;
    }
}
