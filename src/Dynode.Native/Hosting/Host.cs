using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Native.Admin;
using Dynode.Native.Configuration;
using Dynode.Native.Hosting.Logging;
using Dynode.Native.Membership;

namespace Dynode.Native.Hosting;

/// <summary>
/// Puts the parts together, and is the one thread that reacts to signals: start, reload, drain. Its caller's thread is that
/// thread, from beginning to end; only <see cref="Apply"/> comes from membership's.
/// </summary>
internal sealed class Host(HostSettings settings, ConfigurationPlaces places, TimeProvider time) : IDisposable
{
    private readonly StderrLogSink _log = new(settings.LogFormat, settings.LogLevel, time);
    private readonly long _started = time.GetTimestamp();
    private readonly Lock _reloading = new();
    private volatile HostSettings _settings = settings;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _descriptorsMax;
    private NameLookups _lookups = NameLookups.OfSystem(1);
    private volatile AdminSide? _admin;
    private volatile bool _isEnding;

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
            _descriptorsMax = DescriptorLimit.RaiseToHard();
            return Run(signals, listening);
        }
        catch (ListenException e)
        {
            HostLog.CannotListen(_log, e.Message);
            return ExitStatus.Unavailable;
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
        using var broadcaster = new Broadcaster(Broadcast(), _log, time, _lookups);
        using var heap = new QuietHeap(
            () => broadcaster.ReceivedBytes, static () => GC.GetTotalAllocatedBytes(), () => broadcaster.HeldBytes, QuietHeap.Collect, time);
        broadcaster.Bind();
        StartReport.Write(_log, _settings, broadcaster.EndPoints);
        listening?.Invoke();
        using var health = Health(broadcaster);
        using var service = new ServiceNotifier(Environment.GetEnvironmentVariable, () => broadcaster.Snapshot(), time);
        BroadcastSnapshot atSignal;
        using (var membership = new MembershipService(_settings.Membership, _log, time, _lookups))
        {
            using var op = new Operator(
                broadcaster, membership, _log, () => _settings, () => ReadAgain(broadcaster, membership, service), () => signals.Take(PosixSignal.SIGTERM), time);
            using AdminSide admin = _admin = AdminSide.Open(broadcaster, membership, _log, () => _settings, op, _descriptorsMax);
            membership.Start(set => Apply(broadcaster, set, service), IsOurselves);
            admin.Serve(time);
            service.Waiting("waiting for the first list of servers");
            ThreadReserve.Keep();
            FilePages.GiveBack();
            PosixSignal end = ObeyUntilEnd(signals, broadcaster, membership, service);
            _isEnding = admin.IsEnding = true;
            HostLog.Ending(_log, end.ToString());
            service.Stopping(_settings.DrainDelay + _settings.Broadcast.DrainTimeout);
            LetInYet(broadcaster);
            atSignal = broadcaster.Snapshot();

            // Before membership ends, which may have to wait for an answer: no client is to be accepted meanwhile.
            Task drained = broadcaster.DrainAsync();
            membership.Dispose();
            drained.GetAwaiter().GetResult();
        }

        double seconds = Math.Round(time.GetElapsedTime(_started).TotalSeconds, 3);
        StopReport.Write(_log, _settings.Broadcast.Protocol != Protocol.Raw, atSignal, broadcaster.Snapshot(), seconds);
        return ExitStatus.Good;
    }

    /// <summary>Whoever sends clients here sees first that it is not ready any more; a second signal ends it all the same.</summary>
    private void LetInYet(Broadcaster broadcaster)
    {
        if (_settings.DrainDelay == TimeSpan.Zero || !broadcaster.IsAccepting)
            return;
        HostLog.LettingIn(_log, _settings.DrainDelay.TotalSeconds);
        Task.Delay(_settings.DrainDelay, time).GetAwaiter().GetResult();
    }

    private HealthSocket? Health(Broadcaster broadcaster)
    {
        try
        {
            return new HealthSocket(_settings.Broadcast.Port, () => Health(broadcaster.Snapshot()), _log);
        }
        catch (SocketException e)
        {
            HostLog.NoHealthSocket(_log, e.Message);
            return null;
        }
    }

    private string Health(BroadcastSnapshot snapshot)
    {
        // Of one moment: what a server has been before does not matter here.
        var sample = new SampleHistory().Next(snapshot, TimeSpan.Zero, time.GetUtcNow(), AdminSide.BacklogMax(_settings));
        IReadOnlyList<string> reasons = _admin is { } admin ? Readiness.Reasons(admin, sample) : [_isEnding ? Readiness.Ending : Readiness.NoList];
        return HealthAnswer.Of(snapshot, reasons.Count == 0 ? null : string.Join("; ", reasons), places.File);
    }

    // Before anything is opened: a shortage ends the start with a sentence, and not the broadcaster at some later time.
    private bool HasResources()
    {
        AddressSpace.Spare();
        if (AddressSpace.LimitBytes() is { } limit && (limit < AddressSpace.LeastBytes || ClientsThatFit(limit) < 1))
        {
            HostLog.TooLittleAddressSpace(_log, limit, AddressSpace.LeastBytes);
            return false;
        }

        MembershipSettings membership = _settings.Membership;
        bool asksForNames = membership.AutoUpdate || membership.Servers.Any(server => server.Ip is null);
        if (!ThreadReserve.TryTake(membership.AutoUpdate, asksForNames, _log, out int lookupsMax))
            return false;
        _lookups = NameLookups.OfSystem(lookupsMax);
        if (asksForNames)
            _lookups.Start();
        return true;
    }

    private long ClientsThatFit(long addressBytes) => MemoryBudget.ClientsThatFit(_settings, AddressSpace.HeapBytes(addressBytes));

    // With what the host knows and no file says.
    private BroadcastSettings Broadcast()
    {
        BroadcastSettings broadcast = _settings.Broadcast with { DescriptorsMax = _descriptorsMax };
        if (AddressSpace.LimitBytes() is not { } limit || ClientsThatFit(limit) is var fit && fit >= broadcast.ClientsMax)
            return broadcast;
        HostLog.ClientsLowered(_log, broadcast.ClientsMax, (int)Math.Max(1, fit));
        return broadcast with { ClientsMax = (int)Math.Max(1, fit) };
    }

    private PosixSignal ObeyUntilEnd(Signals signals, Broadcaster broadcaster, MembershipService membership, ServiceNotifier service)
    {
        while (true)
        {
            PosixSignal signal = signals.Next();
            if (signal == PosixSignal.SIGHUP)
                ReadAgain(broadcaster, membership, service);
            else if (signal == Signals.User1)
                CloseGaps(broadcaster);
            else
                return signal;
        }
    }

    /// <summary>One at a time: a signal may come while an operator asks for it.</summary>
    private Reload ReadAgain(Broadcaster broadcaster, MembershipService membership, ServiceNotifier service)
    {
        lock (_reloading)
        {
            service.Reloading();
            Reload reload = TakeChanges(broadcaster, membership);
            service.Reloaded();
            return reload;
        }
    }

    private Reload TakeChanges(Broadcaster broadcaster, MembershipService membership)
    {
        Reload reload = Reload.Between(_settings, ConfigurationLoader.Read(places));
        ReloadReport.Write(_log, reload, _settings);
        if (reload.Settings is { } next)
        {
            _settings = next;
            _log.Level = next.LogLevel;
            broadcaster.Apply(Broadcast());
            membership.Update(next.Membership);
        }

        // Whatever has become of the file: that names have moved stands in none.
        broadcaster.LookUpAgain();
        return reload;
    }

    private void CloseGaps(Broadcaster broadcaster)
    {
        if (_settings.Broadcast.Protocol == Protocol.Raw)
        {
            HostLog.NoGapsInRaw(_log);
            return;
        }

        // It says itself how many there were.
        broadcaster.CloseGaps();
    }

    /// <summary>Of the servers that come from the URL: configured ones are judged with the file.</summary>
    private bool IsOurselves(BackendAddress server)
    {
        BroadcastSettings broadcast = _settings.Broadcast;
        return OwnListener.Is(server, broadcast.Host, broadcast.Port);
    }

    private void Apply(Broadcaster broadcaster, BackendSet set, ServiceNotifier service)
    {
        try
        {
            broadcaster.Apply(set);
            if (broadcaster.IsAccepting)
                service.Ready();
        }
        catch (ListenException e) when (Environment.CurrentManagedThreadId != _thread)
        {
            // The first set opens the listener. On the host's own thread this ends it by unwinding; here there is nobody to tell.
            HostLog.CannotListen(_log, e.Message);
            End(ExitStatus.Unavailable);
        }
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
