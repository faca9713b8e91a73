using System.Net;
using System.Security.Cryptography;
using System.Text;
using Dynode.Native.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Dynode.Native.Admin;

/// <summary>By which door a request came.</summary>
/// <param name="IsControl">By the control socket: whoever is let in there may do everything.</param>
/// <param name="Who">For the log: a uid, or an address.</param>
internal sealed record Door(bool IsControl, string Who);

/// <summary>
/// Who may ask for what. A browser carries a stranger's page to an address that only its user can reach; so a port's name must be one of ours
/// (DNS rebinding), a page of another origin is refused, and what changes anything needs a header that no page can send unasked.
/// Any thread.
/// </summary>
internal sealed class Access(Func<AdminSettings> settings, ILogger log, TimeProvider time)
{
    /// <summary>A wrong token is answered so late: guessing takes time.</summary>
    private static readonly TimeSpan WrongTokenDelay = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    private long _wrong;
    private long _saidAt = long.MinValue / 2;

    /// <summary>What a request may do.</summary>
    internal enum Grant
    {
        /// <summary>See what anybody may see.</summary>
        Reads,

        /// <summary>Everything.</summary>
        All,
    }

    /// <summary>What was judged.</summary>
    /// <param name="grant">What the request may do.</param>
    /// <param name="refusal">It may do nothing: its answer.</param>
    internal sealed class Judgement(Grant grant, Answer? refusal = null)
    {
        public Grant Grant => grant;

        public Answer? Refusal => refusal;
    }

    /// <summary>Judges a request.</summary>
    /// <param name="door">Where it came in.</param>
    /// <param name="headers">Its.</param>
    /// <param name="anyHost">Its Host is not looked at: probes and scrapes come by any name.</param>
    public async Task<Judgement> JudgeAsync(Door door, IHeaderDictionary headers, bool anyHost)
    {
        if (door.IsControl)
            return new(Grant.All);
        string host = headers.Host.ToString();
        if (!anyHost && !IsOurs(host))
            return new(Grant.Reads, Answer.Error(403, "this name is not one of admin_names: ask by an address, by localhost, or add it"));
        if (headers.Origin is { Count: > 0 } origin && !IsSameOrigin(origin, host))
            return new(Grant.Reads, Answer.Error(403, "asked by a page of another origin"));
        if (headers.Authorization is not { Count: > 0 } authorization)
            return new(Grant.Reads);
        if (IsToken(authorization.ToString()))
            return new(Grant.All);
        Say(Interlocked.Increment(ref _wrong), door.Who);
        await Task.Delay(WrongTokenDelay, time).ConfigureAwait(false);
        return new(Grant.Reads, Answer.Error(401, "this token is not the one of admin_token"));
    }

    /// <summary>For what needs a token, and came without one.</summary>
    public Answer NeedsToken() => settings().Token.IsEmpty
        ? Answer.Error(403, "admin_token is not set: this port shows no secrets and takes no orders; the control socket does")
        : Answer.Error(401, "needs Authorization: Bearer, with the token of admin_token");

    private bool IsToken(string authorization)
    {
        const string Scheme = "Bearer ";
        var token = settings().Token;
        if (token.IsEmpty || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return false;

        // The time that it takes tells of nothing but the length. Digests would hide that too, and need OpenSSL's library, where there may be none.
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()), token.Bytes);
    }

    private bool IsOurs(string host)
    {
        string name = NameOf(host);
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out _)
            || settings().Names.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Without its port; an address in brackets without them.</summary>
    private static string NameOf(string host)
    {
        if (host.StartsWith('['))
            return host.IndexOf(']', StringComparison.Ordinal) is > 0 and var end ? host[1..end] : "";
        int colon = host.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? host : host[..colon];
    }

    // A proxy before us may speak https to the browser.
    private static bool IsSameOrigin(StringValues origin, string host) =>
        origin.Count == 1 && host.Length > 0
        && (origin.ToString().Equals($"http://{host}", StringComparison.OrdinalIgnoreCase)
            || origin.ToString().Equals($"https://{host}", StringComparison.OrdinalIgnoreCase));

    private void Say(long count, string who)
    {
        long now = time.GetTimestamp();
        long last = Interlocked.Read(ref _saidAt);
        if (last > long.MinValue / 2 && time.GetElapsedTime(last, now) < LineInterval)
            return;
        if (Interlocked.CompareExchange(ref _saidAt, now, last) == last)
            AdminLog.WrongToken(log, count, who);
    }
}
