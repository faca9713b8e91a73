using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Membership;

/// <summary>
/// Asks the list URL, and says what came of it. Of the membership thread; its figures may be read by any.
/// </summary>
internal sealed class ListAsker(Func<IListSource> makeSource, ILogger logger, TimeProvider time)
{
    private readonly FaultPace _pace = new();
    private IListSource? _source;
    private long _faults;
    private long _goodAt = long.MinValue;
    private volatile string? _lastFault;

    /// <summary>What is asked, without its secrets.</summary>
    public string Place { get; private set; } = "the URL";

    /// <summary>Answers that were no list, so far.</summary>
    public long Faults => Interlocked.Read(ref _faults);

    /// <summary>What was wrong with the last one; null: it was good, or there was none.</summary>
    public string? LastFault => _lastFault;

    /// <summary>How long ago the last good one came; null: none has.</summary>
    public TimeSpan? Age => Interlocked.Read(ref _goodAt) is not long.MinValue and var at ? time.GetElapsedTime(at) : null;

    /// <summary>Blocks until there is an answer.</summary>
    public ListVerdict Ask(MembershipSettings settings, CancellationToken interrupted)
    {
        if (!ListRequest.TryMake(settings, out ListRequest? request, out string? fault))
            return ListVerdict.Bad(fault);
        Place = request.Place;
        MembershipLog.Asking(logger, Place, request.Method.Method);
        return (_source ??= makeSource()).Fetch(request, settings.Timeout, interrupted);
    }

    /// <summary>A list that names the broadcaster is none.</summary>
    public static ListVerdict Judge(ListVerdict verdict, Predicate<BackendAddress> isOurselves) =>
        verdict.IsGood && !verdict.Addresses.IsDefaultOrEmpty && verdict.Addresses.FirstOrDefault(address => isOurselves(address)) is { } ourselves
            ? ListVerdict.Bad($"it names this broadcaster itself: {ourselves}")
            : verdict;

    /// <summary>Counts the answer.</summary>
    public void Count(ListVerdict verdict)
    {
        if (verdict.IsGood)
            Interlocked.Exchange(ref _goodAt, time.GetTimestamp());
        else
            Interlocked.Increment(ref _faults);
        _lastFault = verdict.Fault;
    }

    /// <summary>Says what was wrong with it, or that nothing is any more.</summary>
    /// <param name="verdict">The answer.</param>
    /// <param name="isWaiting">No client is served before there is a good one.</param>
    public void Report(ListVerdict verdict, bool isWaiting)
    {
        if (verdict.IsGood)
        {
            if (_pace.Recover() is > 0 and int faults)
                MembershipLog.ListRecovered(logger, Place, faults);
        }
        else if (_pace.IsDue(verdict.Fault, time.GetElapsedTime(0)))
        {
            if (isWaiting)
                MembershipLog.FirstListRefused(logger, Place, verdict.Fault, _pace.Faults);
            else
                MembershipLog.ListRefused(logger, Place, verdict.Fault, _pace.Faults);
        }
    }

    /// <summary>It is asked no more; what it costs is given back.</summary>
    public void Forget()
    {
        _source?.Dispose();
        _source = null;
    }
}
