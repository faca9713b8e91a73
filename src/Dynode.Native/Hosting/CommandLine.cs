using System.Collections;
using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Dynode.Native.Bootstrap;
using Dynode.Native.Configuration;
using Dynode.Native.Control;
using Dynode.Native.Hosting.Logging;
using Dynode.Native.State;

namespace Dynode.Native.Hosting;

/// <summary>
/// What was typed, and which of the few things the program can do follows from it. Standard streams are opened when
/// something is printed: a console costs a start several milliseconds, and a broadcaster prints nothing.
/// </summary>
internal sealed class CommandLine(TextWriter? output = null, TextWriter? error = null, Consent? consent = null)
{
    /// <summary>The original's: a file of this name in the working directory.</summary>
    private const string DefaultFile = "configuration";

    private readonly Option<string?> _file = new("--configuration", "-c")
    {
        Description = $"The configuration file. Without it: the file {DefaultFile} in the working directory, if there is one.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _sets = new("--set")
    {
        Description = "Sets one key, over environment (DYNODE__KEY) and file. May be repeated.",
        HelpName = "key=value",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _check = new("--check")
    {
        Description = "Prints every key's value with where it comes from, and the memory budget; starts nothing.",
    };

    private readonly Option<bool> _takeOver = new("--take-over")
    {
        Description = "Goes on from the broadcaster that runs on the same port, as the same user, without refusing a client; that one ends.",
    };

    private readonly Option<int> _port = new("--port")
    {
        Description = "The port that the demo listens on.",
        HelpName = "N",
        DefaultValueFactory = static _ => 9000,
    };

    private readonly Option<bool> _regions = new("--regions")
    {
        Description = "Two broadcasters with two servers each, on that port and the next one, and one order: needs nats-server; with redis-server they are redis.",
    };

    private readonly Option<int?> _healthPort = new("--port")
    {
        Description = "The broadcaster's port, whatever the configuration says.",
        HelpName = "N",
    };

    private readonly Option<bool> _ready = new("--ready")
    {
        Description = "Asks whether it accepts clients: not before its first list of servers is there, nor once it ends.",
    };

    /// <summary>The answer is the exit status; what is printed is for people.</summary>
    private bool _saysByStatus;

    /// <summary>What the binary answers when asked for its version.</summary>
    public static string Version { get; } = typeof(CommandLine).Assembly.GetName().Version!.ToString(3);

    private readonly Lazy<StandardWriter> _output = new(() => new StandardWriter(StandardStream.Output));

    private readonly Lazy<StandardWriter> _error = new(() => new StandardWriter(StandardStream.Error));

    private TextWriter Output => output ?? _output.Value;

    private TextWriter Error => error ?? _error.Value;

    /// <summary>Does what the arguments ask for.</summary>
    /// <returns>The <see cref="ExitStatus"/>.</returns>
    public int Run(string[] args)
    {
        try
        {
            return Printed(Invoke(args));
        }
        catch (Exception e)
        {
            // The last line of defence: a sentence and a status instead of a trace. What the host itself runs into, it logs.
            Error.WriteLine($"dynode: a fault of dynode itself: {Bug.Describe(e)}");
            return ExitStatus.Bug;
        }
    }

    // A list that is cut short must not look like a whole one.
    private int Printed(int status)
    {
        if (status != ExitStatus.Good || _saysByStatus || !_output.IsValueCreated || _output.Value.Fault is not { } fault)
            return status;
        Error.WriteLine($"dynode: standard output: {fault}");
        return ExitStatus.OutputLost;
    }

    private int Invoke(string[] args)
    {
        EventThreads.RunInline();

        // An argument that begins with @ is a value of the user's, not a file of more arguments.
        var plain = new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false };
        ParseResult parsed = Grammar().Parse(args, plain);
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        invocation.Output = Output;
        invocation.Error = Error;
        if (parsed.Action is ParseErrorAction wrong)
        {
            foreach (var fault in parsed.Errors)
                Error.WriteLine($"dynode: {fault.Message}");
            wrong.ShowHelp = false;
            Error.WriteLine("Try: dynode --help");
            return ExitStatus.Usage;
        }

        return parsed.Invoke(invocation);
    }

    internal RootCommand Grammar()
    {
        _sets.AllowMultipleArgumentsPerToken = false;
        _port.Validators.Add(IsPort);
        _healthPort.Validators.Add(IsPort);

        var demo = new Command("demo", "Starts the broadcaster with three small line servers behind it, to try it with nc.") { _port, _regions };
        demo.SetAction(parsed => parsed.GetValue(_regions) ? RegionsDemo.Run(parsed.GetValue(_port), Output) : Demo.Run(parsed.GetValue(_port), Output));
        var root = new RootCommand("A TCP broadcaster: what a client sends reaches every server; their replies come back.")
        {
            _file, _sets, _check, _takeOver, demo,
        };
        var health = new Command("health", "Asks the broadcaster that runs on this configuration's port, in this network namespace, whether it works.")
        {
            _healthPort, _ready, _file, _sets,
        };
        health.SetAction(parsed => Health(
            parsed.GetValue(_healthPort), parsed.GetValue(_file), parsed.GetValue(_sets) ?? [], parsed.GetValue(_ready)));
        root.Add(health);
        var control = new ControlGrammar(
            new VerbPlace([_file, _sets], parsed => Places(parsed.GetValue(_file), parsed.GetValue(_sets) ?? []), Environment.GetEnvironmentVariable),
            () => Display.Of(Output, Error, Environment.GetEnvironmentVariable),
            consent ?? Consent.OfStandardInput);
        control.AddTo(root);
        new BootstrapGrammar(control, parsed => Places(parsed.GetValue(_file), parsed.GetValue(_sets) ?? []), consent ?? Consent.OfStandardInput).AddTo(root);
        root.SetAction(parsed => Start(parsed.GetValue(_file), parsed.GetValue(_sets) ?? [], parsed.GetValue(_check), parsed.GetValue(_takeOver)));
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help })
                option.Action = new HelpWithStatus(help, control);
            else if (option is VersionOption)
                option.Action = new VersionLine();
        }

        return root;
    }

    private static void IsPort(OptionResult result)
    {
        if (result.Tokens is [var token] && (!NumberText.TryReadCount(token.Value, out long port) || port is < 1 or > 65535))
            result.AddError("--port takes a number between 1 and 65535.");
    }

    private int Start(string? file, string[] sets, bool isCheck, bool takesOver)
    {
        var places = Places(file, sets);
        if (Read(places) is not { } settings)
            return ExitStatus.Configuration;
        if (StateFault(settings) is { } fault)
            return Refuse([fault]);
        if (isCheck)
        {
            CheckReport.Write(settings, Output);
            return OrderedLogs.Check(settings, TimeProvider.System, Output) ? ExitStatus.Good : ExitStatus.Configuration;
        }

        EventThreads.Fit(settings.Broadcast.Protocol);
        using var host = new Host(settings, places, TimeProvider.System) { TakesOver = takesOver };
        return host.Run();
    }

    /// <summary>Of the machine, and no reload's affair: whoever runs has its directory.</summary>
    private static ConfigurationFault? StateFault(HostSettings settings) =>
        settings.StateDirectory.Length > 0 && StateDirectory.Fault(settings.StateDirectory) is { } fault
            ? new(settings.Values[ConfigurationKeys.StateDirectory].Source, $"{Shown.Assignment(ConfigurationKeys.StateDirectory, settings.StateDirectory)} {fault}")
            : null;

    private int Health(int? port, string? file, string[] sets, bool isReady)
    {
        _saysByStatus = true;
        ConfigurationPlaces places = Places(file, sets);
        var faults = new List<ConfigurationFault>();
        ConfiguredPort asked = port is { } told ? new(told, IsTold: true) : ConfiguredPort.Find(places, faults);
        return faults.Count == 0 ? HealthCheck.Run(asked, places.File, isReady, Output, Error) : Refuse(faults);
    }

    private static ConfigurationPlaces Places(string? file, string[] sets)
    {
        if (file is null && (File.Exists(DefaultFile) || Directory.Exists(DefaultFile)))
            file = DefaultFile;
        return new ConfigurationPlaces { File = file, Sets = [.. sets], Environment = Variables() };
    }

    /// <summary>Null: there are faults, and they have been said.</summary>
    private HostSettings? Read(ConfigurationPlaces places)
    {
        ConfigurationReading reading = ConfigurationLoader.Read(places);
        if (reading.Settings is not null)
            return reading.Settings;
        Refuse(reading.Faults);
        return null;
    }

    private int Refuse(IReadOnlyCollection<ConfigurationFault> faults)
    {
        foreach (ConfigurationFault fault in faults)
            Error.WriteLine(fault.ToString());
        Error.WriteLine($"dynode: {faults.Count} {(faults.Count == 1 ? "fault" : "faults")} in the configuration; nothing was started");
        return ExitStatus.Configuration;
    }

    private static ImmutableArray<KeyValuePair<string, string>> Variables() =>
    [
        .. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(variable => KeyValuePair.Create((string)variable.Key, variable.Value as string ?? "")),
    ];

    private sealed class VersionLine : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"dynode {Version}");
            return ExitStatus.Good;
        }
    }

    private sealed class HelpWithStatus(HelpAction help, ControlGrammar control) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int status = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is RootCommand)
                parseResult.InvocationConfiguration.Output.WriteLine(ExitStatus.Help);
            else if (control.ExampleOf(parseResult.CommandResult.Command) is { } example)
                parseResult.InvocationConfiguration.Output.WriteLine($"Example:\n  {example}\n");
            return status;
        }
    }
}
