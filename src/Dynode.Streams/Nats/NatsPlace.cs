using System.Globalization;

namespace Dynode.Streams.Nats;

/// <summary>
/// Where an entry stands, as a consumer says it in the subject for its confirmation:
/// <c>$JS.ACK.stream.consumer.delivered.sequence.consumer-sequence.nanoseconds.pending</c>, newer ones with domain and account behind ACK and a word at the end.
/// </summary>
internal readonly record struct NatsPlace(ulong Number, long Time, ulong Pending)
{
    public static bool TryParse(string? text, out NatsPlace place)
    {
        const int PartsOfOld = 9;
        const int PartsOfNew = 11;
        place = default;
        if (text is null || !text.StartsWith("$JS.ACK.", StringComparison.Ordinal))
            return false;
        string[] parts = text.Split('.');
        int from = parts.Length >= PartsOfNew ? 7 : 5;
        if ((parts.Length != PartsOfOld && parts.Length < PartsOfNew)
            || !ulong.TryParse(parts[from], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            || !long.TryParse(parts[from + 2], NumberStyles.None, CultureInfo.InvariantCulture, out long nanoseconds)
            || !ulong.TryParse(parts[from + 3], NumberStyles.None, CultureInfo.InvariantCulture, out ulong pending))
        {
            return false;
        }

        place = new NatsPlace(number, nanoseconds / NatsTime.NanosecondsPerMillisecond, pending);
        return true;
    }
}
