using System.CommandLine;
using Dynode.Broadcast.Backends;
using Dynode.Native.Configuration;
using Dynode.Native.Control;

namespace Dynode.Native.Bootstrap;

/// <summary><c>dynode bootstrap</c>, as it is typed.</summary>
/// <param name="control">The verbs that it stands beside.</param>
/// <param name="places">What the options say of the configuration.</param>
/// <param name="consent">Who is asked.</param>
internal sealed class BootstrapGrammar(ControlGrammar control, Func<ParseResult, ConfigurationPlaces> places, Consent consent)
{
    private static readonly TimeSpan TimeoutUsual = TimeSpan.FromHours(1);

    private readonly Argument<string> _new = new("NEW") { Description = "The server that is given another's data: host:port, one of the broadcaster's." };
    private readonly Option<string> _from = new("--from") { Description = "Whose data: one that is current and has no gap.", HelpName = "SERVER", Required = true };
    private readonly Option<string?> _as = new("--as") { Description = "How NEW reaches that one, where it is by another address.", HelpName = "HOST:PORT" };
    private readonly Option<bool> _replace = new("--replace") { Description = "What NEW holds is thrown away; asks before." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "Asks nobody: for scripts." };
    private readonly Option<string?> _timeout = new("--timeout") { Description = "For all of it: seconds, or 10m. Without it: 1h.", HelpName = "S" };
    private readonly Option<string?> _password = new("--password-file") { Description = "Holds the password of both servers. Without it: the configuration's backend_password.", HelpName = "FILE" };
    private readonly Option<string?> _username = new("--username") { Description = "Goes with --password-file. Without it: the configuration's backend_username.", HelpName = "NAME" };

    /// <summary>Hangs it into the root.</summary>
    public void AddTo(Command root)
    {
        ServerAddress.Check(_new);
        _new.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && IsPath(token.Value))
                result.AddError(Unreachable(token.Value));
        });
        foreach (Option option in (ReadOnlySpan<Option>)[_from, _as])
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens is [var token] && ServerAddress.FaultOf(token.Value) is { } fault)
                    result.AddError($"{option.Name} {fault}");
                else if (result.Tokens is [var path] && IsPath(path.Value))
                    result.AddError($"{option.Name} {Unreachable(path.Value)}");
            });
        }

        _timeout.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && DurationText.Read(token.Value) is not { Ticks: > 0 })
                result.AddError($"--timeout takes {DurationText.Forms}.");
        });
        Command verb = control.Verb("bootstrap", "Gives a redis the data of another one while clients write, and closes its gap. With log= and exactly_once.",
            "dynode bootstrap 10.0.0.3:6379 --from 10.0.0.1:6379 --replace", _new, _from, _as, _replace, _yes, _timeout, _password, _username);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(_username) is not null && result.GetResult(_password) is null)
                result.AddError("--username goes with --password-file.");
        });
        control.Act(verb, Run);
        root.Add(verb);
    }

    private int Run(ParseResult parsed, ControlClient client, Display display)
    {
        if (Login(parsed, display, out int status) is not { } login)
            return status;
        var plan = new BootstrapPlan(Of(parsed.GetValue(_new)!), Of(parsed.GetValue(_from)!), login)
        {
            As = parsed.GetValue(_as) is { } text ? Of(text) : null,
            Replaces = parsed.GetValue(_replace),
            IsYes = parsed.GetValue(_yes),
        };
        using var bounds = new Bounds(parsed.GetValue(_timeout) is { } limit ? DurationText.Read(limit)!.Value : TimeoutUsual, TimeProvider.System);
        return new BootstrapVerb(client, plan, display, consent, bounds, TimeProvider.System).Run();
    }

    private ConfiguredBackend? Login(ParseResult parsed, Display display, out int status)
    {
        List<string> faults = [];
        var configured = ConfiguredBackend.Find(places(parsed), faults);
        status = VerbStatus.Configuration;
        if (parsed.GetValue(_password) is { } file)
        {
            if (SecretFile.Read(file, out string? fault) is { } secret)
                return new(parsed.GetValue(_username) ?? configured.Username, secret);
            display.Complain($"--password-file {Shown.Plain(file)} {fault}");
            return null;
        }

        foreach (string fault in faults)
            display.Complain(fault);
        return faults.Count == 0 ? configured : null;
    }

    private static bool IsPath(string text) => BackendAddress.TryParse(text, out BackendAddress? address, out _) && address.Path is not null;

    private static string Unreachable(string text) => $"{text} is a unix socket, and a redis copies another's data from a host and port.";

    /// <summary>It was judged as the line was read.</summary>
    private static BackendAddress Of(string text) => BackendAddress.TryParse(text, out BackendAddress? address, out _) ? address : throw new InvalidOperationException(text);
}
