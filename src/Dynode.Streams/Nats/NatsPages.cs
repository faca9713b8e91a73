using System.Buffers;
using Dynode.Log;

namespace Dynode.Streams.Nats;

/// <summary>Bytes of the engine's, in pages of the pool's: nothing of the client library's outlives a call.</summary>
internal static class NatsPages
{
    /// <summary>What comes and goes by the stream waits for servers as the log does.</summary>
    public const MemoryShare Share = MemoryShare.Backlog;

    /// <returns>Null: there is no memory for it.</returns>
    public static PageChain? Copy(PagePool pool, in ReadOnlySequence<byte> bytes)
    {
        var chain = new PageChain();
        long left = bytes.Length;
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            ReadOnlySpan<byte> rest = segment.Span;
            while (!rest.IsEmpty)
            {
                if (chain.Room.IsEmpty)
                {
                    if (!pool.TryRentFor((int)Math.Min(left, int.MaxValue), Share, out Page? page))
                    {
                        chain.Release();
                        return null;
                    }

                    chain.Add(page);
                }

                int count = chain.Write(rest);
                rest = rest[count..];
                left -= count;
            }
        }

        return chain;
    }

    /// <returns>Null: there is no memory for it.</returns>
    public static PageChain? Copy(PagePool pool, PageChain bytes)
    {
        var chain = new PageChain();
        for (long done = 0; done < bytes.Length;)
        {
            if (chain.Room.IsEmpty)
            {
                if (!pool.TryRentFor((int)Math.Min(bytes.Length - done, int.MaxValue), Share, out Page? page))
                {
                    chain.Release();
                    return null;
                }

                chain.Add(page);
            }

            int count = bytes.Read(done, chain.Room.Span);
            chain.Advance(count);
            done += count;
        }

        return chain;
    }
}
