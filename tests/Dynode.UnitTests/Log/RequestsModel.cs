using Dynode.Log;

namespace Dynode.UnitTests.Log;

/// <summary>
/// A log of whole requests as anybody would write it who had endless memory and no hurry: a list of them, each with its bytes, its
/// tag, where it begins, and what was in force before it. A cursor is an index.
/// </summary>
internal sealed class RequestsModel
{
    private readonly List<Request> _requests = [];

    public int Count => _requests.Count;

    public long Tail { get; private set; }

    /// <summary>In force for the next request.</summary>
    public int Context { get; set; }

    public Request this[int index] => _requests[index];

    /// <summary>An odd tag stands for a request that changes what is in force.</summary>
    public static int ContextAfter(uint tag, int before) => (tag & 1) == 0 ? before : (int)((tag >> 1) & 0xFF) - 1;

    public void Append(byte[] bytes, uint tag)
    {
        _requests.Add(new Request(bytes, tag, Tail, Context));
        Tail += bytes.Length;
        Context = ContextAfter(tag, Context);
    }

    public LogEntry Entry(int index) => new(index, this[index].Tag, this[index].Start, this[index].Start + this[index].Bytes.Length);

    public long PositionOf(int index) => index == Count ? Tail : this[index].Start;

    public int ContextAt(int index) => index == Count ? Context : this[index].Context;

    /// <summary>The first request that begins at a position, or behind it.</summary>
    public long NumberAt(long position)
    {
        for (int i = 0; i < Count; i++)
        {
            if (this[i].Start >= position)
                return i;
        }

        return Count;
    }

    public byte[] Read(long from, int count)
    {
        byte[] bytes = new byte[count];
        for (int i = (int)NumberAt(from + 1) - 1, done = 0; done < count; i++)
        {
            int skip = (int)(from + done - this[i].Start);
            int part = Math.Min(count - done, this[i].Bytes.Length - skip);
            this[i].Bytes.AsSpan(skip, part).CopyTo(bytes.AsSpan(done));
            done += part;
        }

        return bytes;
    }

    public sealed record Request(byte[] Bytes, uint Tag, long Start, int Context);
}
