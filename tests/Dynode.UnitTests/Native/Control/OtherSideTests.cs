using System.Net;
using System.Net.Sockets;
using Dynode.Native.Control;
using Dynode.Native.Sockets;

namespace Dynode.UnitTests.Native.Control;

/// <summary>Who answers on a socket of this machine is believed by his user alone: anybody can take a name.</summary>
public sealed class OtherSideTests
{
    private const long Own = 1000, Service = 998, Squatter = 1001, Root = 0;

    [Theory]
    [InlineData(Own, Own, null)]
    [InlineData(Root, Root, null)]
    [InlineData(SocketUser.UsualOverflow, SocketUser.UsualOverflow, null)]
    public void Our_own_user_is_believed_but_never_the_one_that_stands_for_those_without_a_number(long uid, long own, int? port) =>
        Assert.Equal(uid == SocketUser.UsualOverflow, OtherSide.DoubtOf(uid, own, port, [], static () => []) is not null);

    [Theory]
    [InlineData(Service, true)]
    [InlineData(Squatter, false)]
    [InlineData(Own, true)]
    public void Another_is_believed_where_the_port_that_the_name_goes_by_is_his(long uid, bool isBelieved)
    {
        List<ListeningSocket> listeners = [new(9000, Service, 1), new(9000, Service, 2), new(9001, Squatter, 3)];
        Assert.Equal(isBelieved, OtherSide.DoubtOf(uid, Own, 9000, listeners, static () => []) is null);
    }

    [Fact]
    public void Whoever_takes_the_port_of_another_address_besides_is_not_believed()
    {
        List<ListeningSocket> listeners = [new(9000, Service, 1), new(9000, Squatter, 2)];
        Assert.Equal("who answers there is user 1001, and port 9000 is user 998's", OtherSide.DoubtOf(Squatter, Root, 9000, listeners, static () => []));
        Assert.NotNull(OtherSide.DoubtOf(Service, Root, 9000, listeners, static () => []));
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(8, false)]
    public void A_listener_that_a_service_manager_made_is_the_one_s_that_has_it(long held, bool isBelieved) =>
        Assert.Equal(isBelieved, OtherSide.DoubtOf(Service, Own, 9000, [new(9000, Root, 7)], () => [held]) is null);

    [Fact]
    public void Without_a_listener_or_a_port_nobody_else_is_believed()
    {
        Assert.Equal("who answers there is user 1001, and nobody listens on port 9000", OtherSide.DoubtOf(Squatter, Root, 9000, [], static () => []));
        Assert.Equal("who answers there is user 1001, and this is user 0", OtherSide.DoubtOf(Squatter, Root, null, [], static () => []));
    }

    [Fact]
    public void A_table_of_the_kernel_says_who_listens_where()
    {
        List<ListeningSocket> listeners = [];
        TcpListeners.Parse(
            """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 51234 1 0000000000000000 100 0 0 10 0
               1: 0100007F:2328 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1001        0 51235 1 0000000000000000 20 4 30 10 -1
               2: 00000000000000000000000001000000:FFFF 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 4294967294        0 9 1 0
               3: half of a line
            """,
            listeners);
        Assert.Equal([new(9000, 1000, 51234), new(65535, 4294967294, 9)], listeners);
    }

    [Fact]
    public void The_kernel_s_own_table_has_a_listener_of_ours_and_our_descriptors_have_its_inode()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        ListeningSocket ours = Assert.Single(TcpListeners.All(), listener => listener.Port == port);
        Assert.Contains(ours.Inode, TcpListeners.SocketsOf(Environment.ProcessId));
        Assert.Empty(TcpListeners.SocketsOf(int.MaxValue));
    }
}
