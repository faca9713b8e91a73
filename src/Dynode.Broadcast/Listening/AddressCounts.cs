using System.Net;
using System.Runtime.InteropServices;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// How many clients of each address are here: exact, and no more than an entry for each client. While there is no limit nothing is counted; with the
/// first client behind a reload that sets one, those who are there already are. Any thread.
/// </summary>
internal sealed class AddressCounts
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AddressNumber, int> _ofAddress = [];
    private readonly Dictionary<long, AddressNumber> _counted = [];
    private HashSet<long>? _goneMeanwhile;
    private bool _isOn;

    /// <summary>Addresses that clients are counted of.</summary>
    public int Addresses
    {
        get
        {
            lock (_lock)
                return _ofAddress.Count;
        }
    }

    /// <summary>Counts a client.</summary>
    /// <param name="id">Its own while the broadcaster runs.</param>
    /// <param name="address">From where it comes; null: by a unix socket, and of no address.</param>
    /// <param name="max">So many of one address; 0: any number.</param>
    /// <param name="here">Of all clients that are here; this one is none of them.</param>
    /// <returns>False: it is one too many, and not counted.</returns>
    public bool TryEnter(long id, IPAddress? address, int max, IRoll here)
    {
        if (max == 0)
        {
            if (Volatile.Read(ref _isOn))
                End();
            return true;
        }

        if (!Volatile.Read(ref _isOn))
            Begin(here);
        if (address is null)
            return true;
        var number = AddressNumber.Of(address);
        lock (_lock)
        {
            if (_ofAddress.GetValueOrDefault(number) >= max)
                return false;
            Add(id, number);
            return true;
        }
    }

    /// <summary>A client is here no more, or has not come after all.</summary>
    public void Leave(long id)
    {
        if (!Volatile.Read(ref _isOn))
            return;
        lock (_lock)
        {
            _goneMeanwhile?.Add(id);
            if (!_counted.Remove(id, out var number))
                return;
            ref int clients = ref CollectionsMarshal.GetValueRefOrNullRef(_ofAddress, number);
            if (--clients == 0)
                _ofAddress.Remove(number);
        }
    }

    private void Begin(IRoll here)
    {
        lock (_lock)
        {
            if (_isOn)
                return;
            _goneMeanwhile = [];
            Volatile.Write(ref _isOn, true);
        }

        // Not under the lock: whoever tells of all clients has one of its own. Those who leave meanwhile are remembered, or they would be counted for ever.
        var clients = here.Figures();
        lock (_lock)
        {
            foreach (var client in clients)
            {
                if (client.Address is IPEndPoint from && !_counted.ContainsKey(client.Id) && _goneMeanwhile?.Contains(client.Id) == false)
                    Add(client.Id, AddressNumber.Of(from.Address));
            }

            _goneMeanwhile = null;
        }
    }

    private void End()
    {
        lock (_lock)
        {
            Volatile.Write(ref _isOn, false);
            _ofAddress.Clear();
            _counted.Clear();
            _goneMeanwhile = null;
        }
    }

    private void Add(long id, AddressNumber number)
    {
        _counted.Add(id, number);
        CollectionsMarshal.GetValueRefOrAddDefault(_ofAddress, number, out _)++;
    }
}
