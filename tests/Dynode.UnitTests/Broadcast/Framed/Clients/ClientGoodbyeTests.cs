using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Framed.Clients;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.UnitTests.Broadcast.Framed.Clients;

/// <summary>Behind our FIN a client is read, a few times a turn, and for a time that ends.</summary>
public sealed class ClientGoodbyeTests : IDisposable
{
    private readonly Client _client = new();
    private readonly TrafficCounters _traffic = new();
    private ClientInput _input;
    private ClientGoodbye _goodbye;

    [Fact]
    public void One_that_sends_without_a_pause_has_a_few_reads_a_turn()
    {
        _client.Come(100);
        _goodbye.Begin(ref _input, _client, 0);
        for (int turn = 1; turn <= 24; turn++)
        {
            Assert.True(ClientGoodbye.Discard(ref _input, _client, _traffic));
            Assert.Equal((turn * ClientGoodbye.ReadsPerTurnMax, (long)turn * ClientGoodbye.ReadsPerTurnMax), (_client.Reads, _traffic.UnreadBytes));
        }

        // The rest, and then nothing: it is waited for, and asked no more while it is.
        Assert.True(ClientGoodbye.Discard(ref _input, _client, _traffic));
        Assert.False(ClientGoodbye.Discard(ref _input, _client, _traffic));
        Assert.False(ClientGoodbye.Discard(ref _input, _client, _traffic));
        Assert.Equal((101, 100L, false), (_client.Reads, _traffic.UnreadBytes, _input.SawEnd));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Its_end_is_seen_and_nothing_is_read_behind_it(bool isCut)
    {
        _client.Come(2);
        _client.End(isCut);
        _goodbye.Begin(ref _input, _client, 0);
        Assert.False(ClientGoodbye.Discard(ref _input, _client, _traffic));
        Assert.False(ClientGoodbye.Discard(ref _input, _client, _traffic));
        Assert.Equal((3, true, isCut ? 1L : 0L), (_client.Reads, _input.SawEnd, _traffic.Cuts));
    }

    [Fact]
    public void It_is_overdue_behind_two_seconds_and_not_before_it_has_begun()
    {
        long now = TimeSpan.FromHours(1).Ticks;
        Assert.False(_goodbye.IsOverdue(now));
        _goodbye.Begin(ref _input, _client, now);
        Assert.True(_goodbye.HasBegun);
        Assert.False(_goodbye.IsOverdue(now + TimeSpan.FromSeconds(2).Ticks - 1));
        Assert.True(_goodbye.IsOverdue(now + TimeSpan.FromSeconds(2).Ticks));
    }

    public void Dispose()
    {
        _client.Close();
        _client.Release();
    }

    private sealed class NoTurns : ITurnOwner
    {
        public void Signal()
        {
        }
    }

    /// <summary>One byte for each read, as many as there are; then what the other side does.</summary>
    private sealed class Client() : ByteTransport(new Socket(SocketType.Stream, ProtocolType.Tcp), new NoTurns())
    {
        private int _bytes;
        private int _received;
        private bool _ends;

        /// <summary>How often it was asked.</summary>
        public int Reads { get; private set; }

        /// <summary>Times that our end was sent.</summary>
        public int Ends { get; private set; }

        public override int ReceivedBytes => _received;

        public override ReadOnlyMemory<byte> Untaken => default;

        public void Come(int bytes) => _bytes += bytes;

        public void End(bool isCut) => (_ends, IsCut) = (true, isCut);

        public override bool Receive(Memory<byte> buffer)
        {
            Reads++;
            _received = Math.Min(_bytes, 1);
            _bytes -= _received;
            Pending = _received == 0 && !_ends;
            return !Pending;
        }

        public override void ShutdownSend() => Ends++;

        public override bool Connect(EndPoint endPoint) => throw new NotSupportedException();

        public override string? ConnectFault() => null;

        public override bool TakeReceive() => false;

        public override SendOutcome Send(ReadOnlyMemory<byte> bytes, int waitBytesMax, out int sent) => throw new NotSupportedException();

        public override long OnWire(long sent) => sent;

        public override long Unacknowledged(long sent) => 0;

        public override void Close() => Socket.Dispose();

        public override void Release() => Dispose();

        protected override bool TryTakeSend(out int sent, out SendOutcome outcome) => throw new NotSupportedException();
    }
}
