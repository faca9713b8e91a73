using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Native.Admin;
using Dynode.Native.Configuration;
using Dynode.Native.Handover;
using Dynode.Native.Membership;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Dynode.Native.Hosting;

/// <summary>
/// One broadcaster in this process, from the sockets that it takes to those that it gives back: started anew, from a service manager's
/// sockets, or going on from another. A process has one; where a successor was to take over and has not, it goes on from the first in a second.
/// Its caller's thread is the one that reacts to signals; only <see cref="Apply"/> comes from membership's.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "What it has it disposes of at the end of its run.")]
internal sealed class Tenure(TenureParts parts, Inheritance? before, TakeOver? takeOver)
{
    /// <summary>How often signals are looked for beside something else.</summary>
    private static readonly TimeSpan SignalInterval = TimeSpan.FromSeconds(0.02);

    private readonly HostSettingsInForce _settings = parts.Settings;
    private readonly ILogger _log = parts.Log;
    private readonly TimeProvider _time = parts.Time;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile AdminSide? _admin;

    private HostSettings Settings => _settings.Now;

    private bool IsFramed => Settings.Broadcast.Protocol != Protocol.Raw;

    /// <summary>Runs until a signal ends it, or a successor.</summary>
    /// <param name="listening">Called once the address is ours, before the first client is accepted.</param>
    /// <returns>What the next one in this process goes on from; null: all has ended.</returns>
    /// <exception cref="ListenException">An address cannot be had.</exception>
    /// <exception cref="StartException">Something else cannot.</exception>
    public Inheritance? Run(Action? listening)
    {
        HostTls tls = parts.Tls;
        var broadcaster = new Broadcaster(_settings.Broadcast, _log, _time, parts.Lookups, OrderedLogs.Of(Settings, parts.Lookups, tls.OrderedLog, _time), tls.Clients, tls.Servers);
        Task ended = Task.CompletedTask;
        try
        {
            using var heap = new QuietHeap(
                () => broadcaster.ReceivedBytes, static () => GC.GetTotalAllocatedBytes(), () => broadcaster.HeldBytes, QuietHeap.Collect, _time);
            broadcaster.Bind(takeOver?.Listeners ?? before?.Listeners ?? []);
            StartReport.Write(_log, Settings, broadcaster.EndPoints);
            listening?.Invoke();
            string? fault = null;
            before = takeOver is null ? before : takeOver.Await(out fault);
            if (fault is not null)
                throw new StartException(fault, ExitStatus.Unavailable);
            using KeptRun kept = KeptRun.Open(Settings, _log, _time, before);
            if (before?.Servers is { } servers)
                broadcaster.GoOnFrom(servers);
            return Run(broadcaster, kept, ref ended);
        }
        finally
        {
            // Where the next one goes on in this process, clients of this one still come to their end.
            if (ended.IsCompleted)
                broadcaster.Dispose();
        }
    }

    private Inheritance? Run(Broadcaster broadcaster, KeptRun kept, ref Task ended)
    {
        using var service = new ServiceNotifier(Environment.GetEnvironmentVariable, () => broadcaster.Snapshot(), _time);
        using var membership = new MembershipService(kept.With(Settings), _log, _time, parts.Lookups, () => parts.Tls.List.Now);
        using var op = new Operator(
            broadcaster, membership, kept, parts.Log, () => Settings, () => ReadAgain(broadcaster, membership, service), () => parts.Signals.Take(PosixSignal.SIGTERM), _time);
        AdminSide admin = _admin = new(broadcaster, membership, parts.Log, () => Settings, op, parts.Tls.Clients, parts.DescriptorsMax);
        using var sockets = new OwnSockets(Settings.Broadcast.Port, admin, _log);
        if (takeOver is null)
            Open(sockets, broadcaster, isStart: before?.Servers is null);
        if (takeOver is { } other && !other.TryOpen())
            throw new StartException("the one that runs could not be taken over from, and goes on", ExitStatus.Unavailable);
        kept.Begin(broadcaster);
        GoOnWithServers(broadcaster, service);
        membership.Start(set => Apply(broadcaster, set, service), IsOurselves, listed => kept.Listed(listed, Settings));
        if (takeOver is not null)
        {
            takeOver.AwaitEnd();
            takeOver.Dispose();
            Open(sockets, broadcaster, isStart: false);
        }

        admin.Serve(_time);
        service.Waiting("waiting for the first list of servers");
        ThreadReserve.Keep();
        FilePages.GiveBack();
        while (true)
        {
            PosixSignal end = ObeyUntilEnd(broadcaster, membership, service, kept);
            if (end != Signals.Successor)
            {
                End(end, broadcaster, membership, service, kept);
                return null;
            }

            BroadcastSnapshot atSignal = broadcaster.Snapshot();
            Inheritance? back = HandOver(sockets.Handover!, broadcaster, membership, kept, out string? fault);
            if (fault is not null && back is null)
                continue;

            // The successor asks for them as soon as it sees our end.
            sockets.Dispose();
            broadcaster.LeaveListeners();
            ended = Settings.Ordered is not null ? broadcaster.DrainAsync() : broadcaster.LeaveAsync();
            if (back is not null)
                return back;
            AwaitEnd(broadcaster, ended);
            Report(atSignal, broadcaster.Snapshot());
            return null;
        }
    }

    /// <summary>Its clients come to their end, in raw in their own time; a signal to end is a drain.</summary>
    private void AwaitEnd(Broadcaster broadcaster, Task ended)
    {
        while (!ended.IsCompleted)
        {
            if (parts.Signals.TryNext(SignalInterval, out PosixSignal signal) && signal is PosixSignal.SIGTERM or PosixSignal.SIGINT)
                ended = broadcaster.DrainAsync();
        }

        ended.GetAwaiter().GetResult();
    }

    private void End(PosixSignal signal, Broadcaster broadcaster, MembershipService membership, ServiceNotifier service, KeptRun kept)
    {
        _admin!.IsEnding = true;
        HostLog.Ending(_log, signal.ToString());
        service.Stopping(Settings.DrainDelay + Settings.Broadcast.DrainTimeout);
        LetInYet(broadcaster);
        BroadcastSnapshot atSignal = broadcaster.Snapshot();

        // Before membership ends, which may have to wait for an answer: no client is to be accepted meanwhile.
        Task drained = broadcaster.DrainAsync();
        membership.Dispose();
        drained.GetAwaiter().GetResult();
        BroadcastSnapshot atEnd = broadcaster.Snapshot();
        kept.End(atEnd);
        Report(atSignal, atEnd);
    }

    private void Report(BroadcastSnapshot atSignal, BroadcastSnapshot atEnd) =>
        StopReport.Write(_log, IsFramed, atSignal, atEnd, Math.Round(_time.GetElapsedTime(parts.Started).TotalSeconds, 3));

    /// <summary>Goes over to the successor that is ready.</summary>
    /// <param name="handover">Where it came to.</param>
    /// <param name="broadcaster">That ends.</param>
    /// <param name="membership">That ends with it.</param>
    /// <param name="kept">Goes over.</param>
    /// <param name="fault">Why it has not; null: it has.</param>
    /// <returns>Framed, with a fault: what a next one in this process goes on from.</returns>
    private Inheritance? HandOver(HandoverSocket handover, Broadcaster broadcaster, MembershipService membership, KeptRun kept, out string? fault)
    {
        HandoverChannel successor = handover.Successor!;
        var back = new Inheritance();
        SafeFileHandle? itsLock = null;
        try
        {
            itsLock = kept.Lock is { } held ? DescriptorPassing.Duplicate(held) : null;
            back = back with { Listeners = Settings.HasOwnLog ? broadcaster.DuplicateListeners(inThisProcess: true) : [] };
        }
        catch (SocketException e)
        {
            fault = e.Message;
            HandoverLog.GoingOn(_log, fault);
            itsLock?.Dispose();
            handover.Forget();
            return null;
        }

        _admin!.IsEnding = Settings.HasOwnLog;
        var giving = new GiveOver(broadcaster, successor, _log, _time);
        fault = Settings.Ordered is not null ? giving.LetOpen(kept.LetGo(), itsLock, kept.Path) : giving.Run(Settings.HandoverTimeout, kept.LetGo, itsLock, kept.Path);
        if (fault is null)
        {
            foreach (Socket listener in back.Listeners)
                listener.Dispose();
            itsLock?.Dispose();
            membership.Dispose();
            return null;
        }

        HandoverLog.GoingOn(_log, fault);
        if (Settings.HasOwnLog)
            return back with { Servers = giving.Handed, Kept = kept.Last, Lock = itsLock, LockPath = kept.Path };
        itsLock?.Dispose();
        kept.GoOn();
        handover.Forget();
        return null;
    }

    /// <summary>Where servers come of something that must be asked first: those of the one before serve until it answers.</summary>
    private void GoOnWithServers(Broadcaster broadcaster, ServiceNotifier service)
    {
        if (Settings.Membership is { AutoUpdate: false, Names.IsEmpty: true } || before?.Servers is not { Servers.IsEmpty: false } servers)
            return;
        Apply(broadcaster, BackendSet.Of(servers.Servers.Select(server => server.Address with { ByTls = server.Address.ByTls ?? Settings.Membership.ByTls })), service);
    }

    private void Open(OwnSockets sockets, Broadcaster broadcaster, bool isStart) => sockets.Open(
        () => Health(broadcaster.Snapshot()),
        () => new HandoverSocket(
            Settings.Broadcast.Port, _settings.Claim, () => broadcaster.DuplicateListeners(inThisProcess: false), () => parts.Signals.Take(Signals.Successor), parts.Refusal, _log),
        isStart);

    /// <summary>Whoever sends clients here sees first that it is not ready any more; a second signal ends it all the same.</summary>
    private void LetInYet(Broadcaster broadcaster)
    {
        if (Settings.DrainDelay == TimeSpan.Zero || !broadcaster.IsAccepting)
            return;
        HostLog.LettingIn(_log, Settings.DrainDelay.TotalSeconds);
        Task.Delay(Settings.DrainDelay, _time).GetAwaiter().GetResult();
    }

    private string Health(BroadcastSnapshot snapshot)
    {
        // In raw it takes a past to tell what is behind from what is on its way; where nobody looks there is none, and all that is owed counts.
        Sample sample = _admin?.Newest() ?? new SampleHistory().Next(snapshot, TimeSpan.Zero, _time.GetUtcNow(), AdminSide.BacklogMax(Settings));
        IReadOnlyList<string> reasons = _admin is { } admin ? Readiness.Reasons(admin, sample) : [Readiness.NoList];
        return HealthAnswer.Of(snapshot, reasons.Count == 0 ? null : string.Join("; ", reasons), _settings.File);
    }

    private PosixSignal ObeyUntilEnd(Broadcaster broadcaster, MembershipService membership, ServiceNotifier service, KeptRun kept)
    {
        while (true)
        {
            PosixSignal signal = parts.Signals.Next();
            if (signal == PosixSignal.SIGHUP)
                ReadAgain(broadcaster, membership, service);
            else if (signal == Signals.User1)
                CloseGaps(broadcaster, kept);
            else
                return signal;
        }
    }

    private Reload ReadAgain(Broadcaster broadcaster, MembershipService membership, ServiceNotifier service)
    {
        service.Reloading();
        Reload reload = _settings.ReadAgain(next =>
        {
            parts.Log.Level = next.LogLevel;
            broadcaster.Apply(_settings.Broadcast);
            parts.Tls.Apply(next);
            membership.Update(next.Membership);
        });
        service.Reloaded();

        // Whatever has become of the file: that names have moved stands in none.
        broadcaster.LookUpAgain();
        return reload;
    }

    private void CloseGaps(Broadcaster broadcaster, KeptRun kept)
    {
        if (!IsFramed)
        {
            HostLog.NoGapsInRaw(_log);
            return;
        }

        GapAnswers.BySignal(broadcaster, kept, _log);
    }

    /// <summary>Of the servers that come from the URL: configured ones are judged with the file.</summary>
    private bool IsOurselves(BackendAddress server) => OwnListener.Is(server, Settings.Broadcast);

    private void Apply(Broadcaster broadcaster, BackendSet set, ServiceNotifier service)
    {
        try
        {
            broadcaster.Apply(set);
            _admin?.ServersChanged();
            if (broadcaster.IsAccepting)
                service.Ready();
        }
        catch (ListenException e) when (Environment.CurrentManagedThreadId != _thread)
        {
            // The first set opens the listener. On the host's own thread this ends it by unwinding; here there is nobody to tell.
            HostLog.CannotListen(_log, e.Message);
            parts.EndNow(ExitStatus.Unavailable);
        }
    }
}
