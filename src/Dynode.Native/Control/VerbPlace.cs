using System.CommandLine;
using System.CommandLine.Parsing;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;

namespace Dynode.Native.Control;

/// <summary>The options by which every verb says which broadcaster is meant, and what they mean.</summary>
/// <param name="shared">Those of the start that say where the configuration is.</param>
/// <param name="places">What those say.</param>
/// <param name="variable">The environment.</param>
internal sealed class VerbPlace(Option[] shared, Func<ParseResult, ConfigurationPlaces> places, Func<string, string?> variable)
{
    private const string MainPid = "MAINPID";

    /// <summary>Behind <c>adopt --at</c>: the number at which a server counts as equal, which is that one in any case, and no place.</summary>
    private const string Last = "last";

    private readonly Option<string?> _at = new("--at")
    {
        Description = "The broadcaster's admin port, or its control socket at a path. Without it: the control socket of the broadcaster on the configuration's port.",
        HelpName = "HOST:PORT|https://HOST:PORT|unix:/PATH",
    };

    private readonly Option<string?> _ca = new("--ca")
    {
        Description = "With --at https://HOST:PORT: a file in PEM with the authorities whose certificate it must show, or with its own. Without it: those that the system trusts.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = $"The admin port's token, in a file or on standard input. Without it: {Token.Variable}, if it is set.",
        HelpName = "@FILE|-",
    };

    private readonly Option<int?> _port = new("--port")
    {
        Description = "The broadcaster's port, whatever the configuration says.",
        HelpName = "N",
    };

    /// <summary>The environment.</summary>
    public Func<string, string?> Variable => variable;

    /// <summary>The process that a service manager means; null: none.</summary>
    public int? MainProcess => PlaceFinder.Process(variable(MainPid));

    /// <summary>Gives a verb the options.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(_at);
        verb.Add(_token);
        verb.Add(_ca);
        verb.Add(_port);
        foreach (Option option in shared)
            verb.Add(option);
        verb.Validators.Add(AreOne);
    }

    /// <summary>To be called once, before the first parse.</summary>
    public void Check()
    {
        _at.Validators.Add(static result =>
        {
            if (result.Tokens is not [var token] || IsLast(result) || ControlPlace.TryParse(token.Value, out string? fault) is not null)
                return;
            result.AddError(IsOfAdopt(result) && NumberText.TryReadCount(token.Value, out _)
                ? $"--at {token.Value} cannot be: a server counts as equal at the newest number that it has been sent. Behind another one something would be skipped, or done twice."
                : $"--at {Shown.Plain(token.Value)} {fault}.");
        });
        _token.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && Token.FaultOf(token.Value) is { } fault)
                result.AddError(fault);
        });
        _port.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && (!NumberText.TryReadCount(token.Value, out long port) || port is < 1 or > 65535))
                result.AddError("--port takes a number between 1 and 65535.");
        });
    }

    /// <summary>What the configuration's options say.</summary>
    public ConfigurationPlaces PlacesOf(ParseResult parsed) => places(parsed);

    /// <summary>Whom to ask; null: the status says why not, and a sentence has been said.</summary>
    public ControlClient? Client(ParseResult parsed, Display display, out int status)
    {
        status = VerbStatus.Good;
        List<ConfigurationFault> faults = [];
        ControlPlace? place = parsed.GetValue(_at) is { } at and not Last ? ControlPlace.TryParse(at, out _)
            : parsed.GetValue(_port) is { } port ? PlaceFinder.OfPort(port, places(parsed))
            : PlaceFinder.Find(variable(MainPid), places(parsed), faults);
        if (place is null)
        {
            foreach (ConfigurationFault fault in faults)
                display.Error.WriteLine(fault.ToString());
            status = VerbStatus.Configuration;
            return null;
        }

        string? wrong = null;
        string? token = place.TakesToken ? Token.Read(parsed.GetValue(_token), variable, out wrong) : null;
        ShownToServers? tls = place.IsTls && wrong is null ? Tls(parsed.GetValue(_ca), out wrong) : null;
        if (wrong is null)
            return new ControlClient(place, token, ControlClient.Patience, tls);
        display.Complain(wrong);
        status = VerbStatus.Usage;
        return null;
    }

    private static ShownToServers? Tls(string? authorities, out string? fault)
    {
        fault = TlsLibrary.IsAvailable() ? null : $"https: {TlsLibrary.Absent}";
        return fault is null ? ShownToServers.Load(new() { Edge = TlsEdge.AdminPort, Authorities = authorities ?? "" }, TlsValues.Read, TimeProvider.System.GetUtcNow(), out fault) : null;
    }

    private static bool IsOfAdopt(OptionResult result) => result.Parent is CommandResult { Command.Name: "adopt" };

    private static bool IsLast(OptionResult result) => IsOfAdopt(result) && result.Tokens is [{ Value: Last }];

    private void AreOne(CommandResult result)
    {
        bool isAt = result.GetResult(_at) is { } at && !IsLast(at);
        if (isAt && result.GetResult(_port) is not null)
            result.AddError("--at and --port are two places: choose one.");
        if (result.GetResult(_ca) is not null && (result.GetResult(_at)?.Tokens is not [var place] || ControlPlace.TryParse(place.Value, out _) is { IsTls: false }))
            result.AddError("--ca goes with --at https://HOST:PORT.");
        if (!isAt && result.GetResult(_token) is not null)
            result.AddError("--token goes with --at: the control socket needs none.");
    }
}
