using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Dynode.Log;
using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.Streams.Nats;
using Dynode.Streams.Regions;
using Dynode.UnitTests.Protocols.Redis;
using Dynode.UnitTests.Streams;

namespace Dynode.UnitTests.Fuzzing;

/// <summary>A stream that others write to as well, and a server of it that says anything.</summary>
[Trait("Kind", "fuzz")]
public sealed class StreamFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] JsonWords = ["{", "}", "[", "]", ",", ":", "\"", "\\ud800", "null", "true", "false", "-1", "1e99", "18446744073709551616", "AAAA", "=", "broadcaster", "servers", "away", "ranges", "broadcasters", "version", "stream", "number", "table", "gap", "slot"];

    /// <summary>With its hash made right again: what damages a parcel by accident is seen by that alone.</summary>
    [Fact]
    public void A_parcel()
    {
        var pool = new PagePool(16 << 20);
        var reader = new ParcelReader(ParcelMaking.Stream, ParcelMaking.Protocol);
        Fuzzer.Run(output, Parcels(pool), ["\0\0\0\0", "\xff\xff\xff\xff", "\x01", "\x07"], (input, random) =>
        {
            byte[] bytes = [.. input];
            if (random.Next(8) > 0 && bytes.Length >= ParcelLayout.HashEnd)
            {
                ulong hash = XxHash3.HashToUInt64([.. bytes[..ParcelLayout.HashAt], .. bytes[ParcelLayout.HashEnd..]], ParcelMaking.Stream.Seed);
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(ParcelLayout.HashAt), hash);
            }

            var parcel = ParcelMaking.Chain(pool, bytes);
            ParcelStatus status;
            ParcelHead head;
            try
            {
                status = reader.Read(parcel, out head);
                if (status == ParcelStatus.Whole)
                {
                    var requests = ParcelMaking.Requests(head, parcel);
                    Assert.Equal(head.Count, requests.Count);
                    Assert.Equal(bytes.Length, head.EntriesAt + requests.Sum(request => request.Bytes.Length + head.EntryBytes));
                }
            }
            finally
            {
                parcel.Release();
            }

            Assert.Equal(0, pool.Snapshot().OutstandingBytes);
            return $"{status} {head.Version} {head.Count} {head.IsClosing} {head.TableBytes > 0}";
        });
    }

    /// <summary>What is no line of a server's ends the connection, in words, and what comes behind is not looked at.</summary>
    [Fact]
    public void What_a_server_of_the_stream_sends() => Fuzzer.Run(
        output,
        [
            "INFO {\"server_name\":\"n\",\"version\":\"2.10.27\",\"headers\":true,\"max_payload\":1048576,\"jetstream\":true,\"connect_urls\":[\"10.0.0.1:4222\",\"[::1]:4223\",\"bad host\"]} \r\nPING\r\n"u8.ToArray(),
            "MSG a.b 1 5\r\nhello\r\nHMSG a 1 12 17\r\nNATS/1.0\r\n\r\nhel\nl\r\n-ERR 'Some Thing'\r\n+OK\r\n"u8.ToArray(),
        ],
        ["INFO ", "MSG a 1 ", "HMSG a 1 12 12\r\n", "\r\n", "PING\r\n", "-ERR '", "{", "}", "\"", "max_payload", ":", "\0"],
        static (input, random) =>
        {
            string whole = Heard([input]);
            Assert.Equal(whole, Heard(Pieces.Cut(random, input)));
            return whole.Length > 40 ? whole[..40] : whole;
        });

    [Fact]
    public void What_other_broadcasters_have_noted() => Fuzzer.Run(
        output,
        [
            new ClaimedServer("b", "there", IsReleased: false, Place: new ServerPlace("s", 7, new byte[] { 1 })).Write(), new LivingTable([new LivingLine("a", "b", 5, 0, 0, 1), new LivingLine("c", "d", 5, 1, 0, 1)], false).Write(),
            new RangeList("b", "s", [new RangeReplies(1024, 7, 3, 3, 4)]).Write(),
            Encoding.ASCII.GetBytes("1 0123456789abcdef 3 4 5.6 - AAAA"), "{\"broadcaster\":\"b\",\"servers\":\"AAAAAAAAAAA=\",\"away\":\"AAAAAAAAAAA=\"}"u8.ToArray(),
        ],
        JsonWords,
        static (input, _) =>
        {
            var claimed = ClaimedServer.Read(input);
            var living = LivingTable.Read(input);
            var servers = Dynode.Streams.Claims.ServerList.Read(input);
            var ranges = RangeList.Read(input);
            var mark = Watermark.Read(input);

            // What was read is read again from what is written of it.
            Assert.True(claimed is null || ClaimedServer.Read(claimed.Write()) is not null);
            Assert.True(living is null || LivingTable.Read(living.Write()) is not null);
            Assert.True(servers is null || Dynode.Streams.Claims.ServerList.Read(servers.Write()) is not null);
            Assert.True(ranges is null || RangeList.Read(ranges.Write()) is not null);
            Assert.True(mark is null || mark.Write().AsSpan().SequenceEqual(input));
            return $"{claimed is not null} {claimed?.Place is not null} {living is not null} {living?.Lines.IsEmpty} {servers is not null} {servers?.Away.Count > 0} {ranges is not null} {ranges?.Ranges.IsEmpty} {mark is not null}";
        });

    private static string Heard(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        List<string> said = [];
        var wire = new NatsWire(info => said.Add($"{info}"), error => said.Add(error));
        try
        {
            foreach (var piece in pieces)
                wire.Feed(piece.Span);
        }
        catch (NatsTrouble e)
        {
            RequestRun.IsPlain(e.Message);
            said.Add(e.Message);
        }

        return string.Join('|', said);
    }

    private static IEnumerable<byte[]> Parcels(PagePool pool)
    {
        var table = new Lanes();
        ((byte[], uint, uint)[] Requests, bool IsClosing)[] samples =
            [([], false), ([("abc"u8.ToArray(), 1, 0)], false), ([("abc"u8.ToArray(), 1, 0), ([], 2, 3), (new byte[300], 4, 5)], true)];
        foreach (var (requests, isClosing) in samples)
        {
            foreach (var lanes in (Lanes?[])[null, table])
            {
                var parcel = ParcelMaking.Make(pool, lane: 5, number: 6, requests, lanes, isClosing);
                yield return parcel.Bytes();
                parcel.Release();
            }
        }
    }
}
