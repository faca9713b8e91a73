using System.Text;
using Dynode.Broadcast.Framed.Servers;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

public sealed class ReplyTextTests
{
    [Theory]
    [InlineData("-ERR one\r\n", "ERR one")]
    [InlineData("!9\r\nBUSY wait\r\n", "BUSY wait")]
    [InlineData("|1\r\n+a\r\n+b\r\n-BUSY wait\r\n", "BUSY wait")]
    [InlineData("|1\r\n+a\r\n+b\r\n!9\r\nBUSY wait\r\n", "BUSY wait")]
    [InlineData("-ERR cut", "ERR cut")]
    [InlineData("!9", "")]
    [InlineData("", "")]
    public void What_a_server_says_is_told_by_its_words(string reply, string told) => Assert.Equal(told, ReplyText.Printable(Encoding.ASCII.GetBytes(reply)));
}
