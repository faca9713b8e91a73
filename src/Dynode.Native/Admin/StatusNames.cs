using System.Text;
using Dynode.Broadcast.Plane;

namespace Dynode.Native.Admin;

/// <summary>How things are called in what scripts read: in small letters, words parted by an underscore.</summary>
internal static class StatusNames
{
    public static string Protocol(BroadcastSettings settings) => settings.Protocol.ToString().ToLowerInvariant();

    public static string Reply(BroadcastSettings settings) =>
        (settings.Protocol == Broadcast.Plane.Protocol.Raw ? settings.Reply.ToString() : settings.FramedReply.ToString()).ToLowerInvariant();

    public static string Of(ServerState state) => Snake(state.ToString());

    /// <summary><c>MidRequest</c> is <c>mid_request</c>.</summary>
    public static string Snake(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (char letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }
}
