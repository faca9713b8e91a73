using System.Text;
using Dynode.Native.Configuration;
using Dynode.Native.Control;

namespace Dynode.Native.Bootstrap;

/// <summary>How a redis logs in to the one that it replicates: set for the copy, and put back behind it. What it was is held in memory alone. Used by one thread.</summary>
internal sealed class ReplicaLogin(RedisLink link, ConfiguredBackend login)
{
    private readonly List<(string Key, ReadOnlyMemory<byte> Before)> _changed = [];

    /// <summary>Sets it, where there is a password.</summary>
    public void Set()
    {
        if (login.Password.IsEmpty)
            return;
        Set("masteruser", Encoding.UTF8.GetBytes(login.Username));
        Set("masterauth", login.Password.Bytes.ToArray());
    }

    /// <summary>Puts it back.</summary>
    /// <returns>What could not be; null: nothing.</returns>
    public string? TryPutBack()
    {
        string? failed = null;
        foreach (var (key, before) in _changed)
        {
            try
            {
                link.Good(link.Ask("CONFIG"u8.ToArray(), "SET"u8.ToArray(), Encoding.ASCII.GetBytes(key), before), $"CONFIG SET {key}");
            }
            catch (BootstrapEnd end)
            {
                failed = $"{key} is not as it was: {end.Message}";
            }
        }

        _changed.Clear();
        return failed;
    }

    private void Set(string key, ReadOnlyMemory<byte> value)
    {
        if (link.Do("CONFIG", "GET", key).Elements is not [_, var before])
            throw new BootstrapEnd(VerbStatus.No, $"{link.Address} has no {key}, and would not be let in where it is to get its data");
        if (before.Content.Span.SequenceEqual(value.Span))
            return;

        // Noted before it is asked: an answer that is lost may have been a yes.
        _changed.Add((key, before.Content.ToArray()));
        link.Good(link.Ask("CONFIG"u8.ToArray(), "SET"u8.ToArray(), Encoding.ASCII.GetBytes(key), value), $"CONFIG SET {key}");
    }
}
