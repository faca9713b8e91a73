using System.Collections.Immutable;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Native.Configuration;
using Dynode.Native.Handover;
using Dynode.Native.Hosting.Logging;
using Dynode.Native.Membership;

namespace Dynode.Native.Hosting;

/// <summary>
/// The process: its resources, its signals, its end, and the <see cref="Tenure"/> that runs in it. Its caller's thread is the one that reacts
/// to signals, from beginning to end.
/// </summary>
internal sealed class Host(HostSettings settings, ConfigurationPlaces places, TimeProvider time) : IDisposable
{
    private readonly StderrLogSink _log = new(settings.LogFormat, settings.LogLevel, time);
    private readonly long _started = time.GetTimestamp();
    private NameLookups _lookups = NameLookups.OfSystem(1);

    /// <summary>Goes on from the one that runs on the same port, instead of starting anew.</summary>
    public bool TakesOver { get; init; }

    /// <summary>Runs until a signal ends it.</summary>
    /// <param name="listening">Called once the address is ours, before the first client is accepted.</param>
    /// <returns>The <see cref="ExitStatus"/>.</returns>
    public int Run(Action? listening = null)
    {
        using var signals = new Signals(EndAtOnce, time);
        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) => Unhandled((Exception)unhandled.ExceptionObject, signals);
        try
        {
            if (!HasResources())
                return ExitStatus.NoResources;
            signals.Register();
            return Run(signals, listening);
        }
        catch (ListenException e)
        {
            HostLog.CannotListen(_log, e.Message);
            return ExitStatus.Unavailable;
        }
        catch (StartException e)
        {
            HostLog.CannotListen(_log, e.Message);
            return e.Status;
        }
        catch (Exception e)
        {
            Bug.Log(_log, e);
            return ExitStatus.Bug;
        }
    }

    public void Dispose() => _log.Dispose();

    private int Run(Signals signals, Action? listening)
    {
        long descriptorsMax = DescriptorLimit.RaiseToHard();
        var inForce = new HostSettingsInForce(settings, places, descriptorsMax, _log);
        using HostTls tls = HostTls.Of(settings, _log, time);
        string? refusal = IsManaged ? $"a service manager looks after it, and would take its end for a failure: {ByManager}" : null;
        var parts = new TenureParts(inForce, signals, _log, _lookups, tls, descriptorsMax, _started, refusal, End, time);
        using TakeOver? takeOver = TakesOver ? Begin(inForce.Claim) : null;
        Inheritance? before = takeOver is null ? OfManager() : null;
        before = new Tenure(parts, before, takeOver).Run(listening);
        while (before is not null)
            before = new Tenure(parts, before, takeOver: null).Run(listening: null);
        return ExitStatus.Good;
    }

    private const string ByManager = "systemctl restart dynode, with dynode.socket, refuses no client";

    private static bool IsManaged => Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 };

    private TakeOver Begin(Claim own)
    {
        if (IsManaged)
            throw new StartException($"--take-over is not for a service manager's services: {ByManager}", ExitStatus.Usage);
        return TakeOver.Begin(settings.Broadcast.Port, own, _log, out string? fault) ?? throw new StartException(fault!, ExitStatus.Unavailable);
    }

    private Inheritance? OfManager()
    {
        ImmutableArray<Socket> sockets = ActivationSockets.Take(Environment.GetEnvironmentVariable, settings.Broadcast.Port, settings.Broadcast.TlsPort, out string? fault);
        if (fault is not null)
            throw new StartException(fault, ExitStatus.Configuration);
        if (sockets.IsEmpty)
            return null;
        HandoverLog.FromManager(_log, string.Join(", ", sockets.Select(static socket => socket.LocalEndPoint)));
        return new Inheritance { Listeners = sockets };
    }

    // Before anything is opened: a shortage ends the start with a sentence, and not the broadcaster at some later time.
    private bool HasResources()
    {
        AddressSpace.Spare();
        if (AddressSpace.LimitBytes() is { } limit && (limit < AddressSpace.LeastBytes || HostSettingsInForce.ClientsThatFit(settings, limit) < 1))
        {
            HostLog.TooLittleAddressSpace(_log, limit, AddressSpace.LeastBytes);
            return false;
        }

        MembershipSettings membership = settings.Membership;
        bool asksForNames = membership.AutoUpdate || membership.Servers.Any(server => server.IsName);
        if (!ThreadReserve.TryTake(membership.AutoUpdate || !membership.Names.IsEmpty, asksForNames, settings.StateDirectory.Length > 0, _log, out int lookupsMax))
            return false;
        _lookups = NameLookups.OfSystem(lookupsMax);
        if (asksForNames)
            _lookups.Start();
        return true;
    }

    private void EndAtOnce(PosixSignal signal)
    {
        HostLog.EndedAtOnce(_log, signal.ToString());
        End(ExitStatus.Signal(signal == PosixSignal.SIGINT ? 2 : 15));
    }

    // On a thread that is nobody's to unwind.
    private void Unhandled(Exception e, Signals signals)
    {
        // Where no thread is to be had, the runtime's thread that wanted one is lost, and not the process: it stays here for ever.
        string trace = e is OutOfMemoryException ? e.StackTrace ?? "" : "";
        if (trace.Contains(nameof(PosixSignalRegistration), StringComparison.Ordinal))
        {
            // It makes one for each signal to end; the end comes by the host's thread.
            HostLog.NoThreadForSignal(_log);
            signals.Take(PosixSignal.SIGTERM);
            new ManualResetEventSlim().Wait();
        }
        else if (trace.Contains("GateThreadStart", StringComparison.Ordinal))
        {
            HostLog.NoThreadForPool(_log);
            ThreadReserve.MakeDo();
            new ManualResetEventSlim().Wait();
        }

        Bug.Log(_log, e);
        End(ExitStatus.Bug);
    }

    private void End(int status)
    {
        _log.Dispose();
        Environment.Exit(status);
    }
}
