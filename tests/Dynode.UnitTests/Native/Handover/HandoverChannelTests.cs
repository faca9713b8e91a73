using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Dynode.Native.Handover;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Handover;

/// <summary>Frames and descriptors, over a pair of sockets.</summary>
public sealed class HandoverChannelTests : IDisposable
{
    private readonly HandoverChannel _one;
    private readonly HandoverChannel _other;

    public HandoverChannelTests()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"\0dynode/test/{Environment.ProcessId}/{System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this)}"));
        listener.Listen();
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(listener.LocalEndPoint!);
        (_one, _other) = (new HandoverChannel(socket), new HandoverChannel(listener.Accept()));
    }

    [Fact]
    public void Frames_come_as_they_were_sent_and_each_descriptor_with_its_own()
    {
        using var first = new Socket(SocketType.Stream, ProtocolType.Tcp);
        first.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        first.Listen();
        Assert.True(_one.TrySend(FrameKind.Take, "a"));
        Assert.True(_one.TrySend(FrameKind.Listener, "b"u8, first.SafeHandle));
        Assert.True(_one.TrySend(FrameKind.Listeners));
        Frame take = _other.Receive(Deadline.Default)!;
        Assert.Equal((FrameKind.Take, "a", true), (take.Kind, take.Text, take.Descriptor is null));
        Frame listener = _other.Receive(Deadline.Default)!;
        Assert.Equal((FrameKind.Listener, "b"), (listener.Kind, listener.Text));
        using (var same = new Socket(new SafeSocketHandle(listener.Descriptor!.DangerousGetHandle(), ownsHandle: false)))
            Assert.Equal(first.LocalEndPoint, same.LocalEndPoint);
        listener.Descriptor.Dispose();
        Frame end = _other.Receive(Deadline.Default)!;
        Assert.Equal((FrameKind.Listeners, 0, true), (end.Kind, end.Body.Length, end.Descriptor is null));
    }

    /// <summary>Longer than the kernel takes at once: somebody must read meanwhile.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(HandoverChannel.BodyBytesMax - 1)]
    [InlineData(HandoverChannel.BodyBytesMax)]
    public async Task A_body_of_any_length_up_to_the_longest_comes_whole(int length)
    {
        byte[] body = new byte[length];
        new Random(length).NextBytes(body);
        Task<bool> sending = Task.Run(() => _one.TrySend(FrameKind.State, body), TestContext.Current.CancellationToken);
        Assert.Equal(body, _other.Receive(Deadline.Default)!.Body);
        Assert.True(await sending);
    }

    [Theory]
    [InlineData(HandoverChannel.BodyBytesMax + 1)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void What_is_no_frame_is_none(int length)
    {
        byte[] head = new byte[5];
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(1), length);
        _one.Socket.Send(head);
        Assert.Null(_other.Receive(Deadline.Default));
    }

    [Fact]
    public void An_end_in_the_midst_of_a_frame_is_an_end_and_its_descriptor_is_closed()
    {
        _one.Socket.Send([(byte)FrameKind.State, 10, 0, 0, 0, 1, 2]);
        _one.Dispose();
        Assert.Null(_other.Receive(Deadline.Default));
        Assert.False(_other.TrySend(FrameKind.Open));
    }

    [Fact]
    public void Who_says_nothing_in_time_has_said_nothing() => Assert.Null(_other.Receive(TimeSpan.Zero));

    /// <summary>What decides who goes on: a word that has come counts, one that comes later cannot be sent.</summary>
    [Fact]
    public void Behind_a_refusal_what_had_come_is_there_and_nothing_more_can_come()
    {
        Assert.True(_one.TrySend(FrameKind.Open));
        _other.RefuseMore();
        Assert.False(_one.TrySend(FrameKind.Open));
        Assert.Equal(FrameKind.Open, _other.Receive(TimeSpan.Zero)!.Kind);
        Assert.Null(_other.Receive(TimeSpan.Zero));
    }

    public void Dispose()
    {
        _one.Dispose();
        _other.Dispose();
    }
}
