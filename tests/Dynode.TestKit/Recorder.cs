using System.Security.Cryptography;

namespace Dynode.TestKit;

/// <summary>The bytes of one stream, or their count and hash. Any thread; one lock, at the bottom of all orders.</summary>
internal sealed class Recorder(Recording recording) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MemoryStream _bytes = new();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _count;
    private byte[]? _lastHash;
    private bool _closed;

    public long Count => Volatile.Read(ref _count);

    public byte[] Bytes
    {
        get
        {
            if (recording != Recording.Bytes) throw new ExpectationException("this server records no bytes: Recording.Hash");
            lock (_lock) return _bytes.ToArray();
        }
    }

    public string Sha256
    {
        get
        {
            lock (_lock)
            {
                if (recording == Recording.Bytes) return Convert.ToHexString(SHA256.HashData(_bytes.GetBuffer().AsSpan(0, (int)_bytes.Length)));
                return Convert.ToHexString(_lastHash ?? _hash.GetCurrentHash());
            }
        }
    }

    /// <summary>False: it is closed and has recorded nothing of this.</summary>
    public bool Add(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_closed) return false;
            if (recording == Recording.Bytes) _bytes.Write(bytes);
            else _hash.AppendData(bytes);
            Volatile.Write(ref _count, _count + bytes.Length);
            return true;
        }
    }

    // What was recorded stays readable: tests look at it after the server has gone.
    public void Dispose()
    {
        lock (_lock)
        {
            if (_closed) return;
            _closed = true;
            _lastHash = _hash.GetCurrentHash();
            _hash.Dispose();
        }
    }
}
