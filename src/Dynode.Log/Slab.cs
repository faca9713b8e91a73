using System.Buffers;

namespace Dynode.Log;

/// <summary>
/// One array rented from an <see cref="ArrayPool{T}"/>, cut into pages of one size. Guarded by the pool's lock.
/// </summary>
internal sealed class Slab
{
    private readonly byte[] _array;
    private readonly Page[] _pages;
    private readonly Stack<Page> _free;

    public Slab(PagePool pool, byte[] array, int bytes, int pageBytes)
    {
        Pool = pool;
        PageBytes = pageBytes;
        _array = array;
        _pages = new Page[bytes / pageBytes];
        _free = new Stack<Page>(_pages.Length);
        for (int i = _pages.Length - 1; i >= 0; i--)
        {
            _pages[i] = new Page(this, array, i * pageBytes, pageBytes);
            _free.Push(_pages[i]);
        }

        Bytes = bytes;
        Node = new LinkedListNode<Slab>(this);
    }

    public PagePool Pool { get; }

    /// <summary>Of each of its pages.</summary>
    public int PageBytes { get; }

    public int Bytes { get; }

    /// <summary>Its place in the pool's list of slabs that have a free page; in no list when all are rented.</summary>
    public LinkedListNode<Slab> Node { get; }

    public bool HasFree => _free.Count > 0;

    public bool IsFree => _free.Count == _pages.Length;

    /// <summary>It was free at the last trim and no page was rented from it since.</summary>
    public bool Idle { get; set; }

    public IEnumerable<Page> Rented => _pages.Where(page => page.References > 0);

    public Page Rent()
    {
        Idle = false;
        return _free.Pop();
    }

    public void Return(Page page) => _free.Push(page);

    public void GiveBack(ArrayPool<byte> arrays) => arrays.Return(_array);
}
