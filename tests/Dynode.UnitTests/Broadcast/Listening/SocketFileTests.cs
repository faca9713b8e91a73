using System.Net.Sockets;
using Dynode.Broadcast.Listening;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Listening;

/// <summary>Of those that start at once with the same path nobody publishes another's socket.</summary>
public sealed class SocketFileTests : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();

    private string SocketPath => Path.Combine(_folder.Path, "clients.sock");

    private string Beside => SocketPath + ".new";

    [Fact]
    public void The_second_of_two_starts_is_told_so_and_the_path_leads_to_the_first()
    {
        var first = SocketFile.Bind(SocketPath, Mode, out var socket);
        using (socket)
        {
            var fault = Assert.Throws<ListenException>(() => SocketFile.Bind(SocketPath, Mode, out _));
            Assert.Equal($"cannot listen on unix:{SocketPath}: another process has begun to listen there", fault.Message);
            first.Publish();
            Assert.True(LeadsTo(socket));
            first.Remove();
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    /// <summary>It stands still, say, and many wait to be let in.</summary>
    [Fact]
    public void One_whose_queue_is_full_is_there_all_the_same()
    {
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(SocketPath));
        other.Listen(1);
        List<Socket> waiting = [];
        SocketError last = SocketError.Success;
        while (last == SocketError.Success)
        {
            waiting.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false });
            try
            {
                waiting[^1].Connect(new UnixDomainSocketEndPoint(SocketPath));
            }
            catch (SocketException e)
            {
                last = e.SocketErrorCode;
            }
        }

        Assert.Equal(SocketError.WouldBlock, last);
        var fault = Assert.Throws<ListenException>(() => SocketFile.Bind(SocketPath, Mode, out _));
        Assert.Equal($"cannot listen on unix:{SocketPath}: another process listens there", fault.Message);
        waiting.ForEach(static socket => socket.Dispose());
    }

    /// <summary>It came between the first one's binding and its listening.</summary>
    [Fact]
    public void Where_another_has_taken_its_place_nothing_is_published_and_the_others_stays()
    {
        var first = SocketFile.Bind(SocketPath, Mode, out var socket);
        File.Delete(Beside);
        var second = SocketFile.Bind(SocketPath, Mode, out var other);
        Assert.StartsWith($"cannot listen on unix:{SocketPath}: another process", Assert.Throws<ListenException>(first.Publish).Message, StringComparison.Ordinal);
        first.Remove();
        second.Publish();
        Assert.True(LeadsTo(other));
        second.Remove();
        socket.Dispose();
        other.Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    /// <summary>It thought that it was its own.</summary>
    [Fact]
    public void One_that_another_has_published_is_there()
    {
        var file = SocketFile.Bind(SocketPath, Mode, out var socket);
        using (socket)
        {
            File.Move(Beside, SocketPath);
            file.Publish();
            Assert.True(LeadsTo(socket));
            file.Remove();
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    /// <summary>Whatever it is: no process listens at it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_dead_one_has_left_beside_is_replaced(bool isSocket)
    {
        if (isSocket)
        {
            using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            dead.Bind(new UnixDomainSocketEndPoint(SocketPath + ".dead"));
            File.Move(SocketPath + ".dead", Beside);
        }
        else
        {
            File.WriteAllText(Beside, "of one that died sooner");
        }

        var file = SocketFile.Bind(SocketPath, Mode, out var socket);
        using (socket)
        {
            file.Publish();
            Assert.True(LeadsTo(socket));
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Whoever connects by the path comes to it.</summary>
    private bool LeadsTo(Socket listener)
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return listener.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead);
    }
}
