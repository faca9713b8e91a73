using System.Diagnostics;
using System.Security.Cryptography;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Line;

/// <summary>Lines in bulk.</summary>
[Collection(Alone.Name)]
public sealed class VolumeTests
{
    private const long Bytes = 512L << 20;
    private const int Servers = 4;

    /// <summary>In which the bytes must go at the latest; for machines on which much else runs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public Task Half_a_gibibyte_of_lines_reaches_four_servers_equal_to_the_byte_in_bounded_memory() => Seed.RunAsync(async random =>
    {
        ScriptedServer[] servers = [.. Enumerable.Range(0, Servers).Select(_ => ScriptedServer.Start(new ServerScript { Recording = Recording.Hash }))];
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent with { MemoryBytesMax = 256 << 20, StallTimeout = TimeSpan.FromMinutes(5) }, servers);
        await broadcaster.CurrentAsync(Servers);
        using var client = await broadcaster.ConnectAsync();
        byte[] piece = Lines(random);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long began = Stopwatch.GetTimestamp();
        long before = Resident();
        long peak = 0;
        long sent = 0;
        for (; sent < Bytes; sent += piece.Length)
        {
            hash.AppendData(piece);
            await client.SendAsync(piece, Patience);
            peak = Math.Max(peak, Resident());
        }

        await Eventually.True(() => servers.All(server => server.ReceivedBytes >= sent), broadcaster.Dump, Patience);
        var took = Stopwatch.GetElapsedTime(began);
        string expected = Convert.ToHexString(hash.GetHashAndReset());
        Assert.All(servers, server => Assert.Equal((sent, expected, 1), (server.ReceivedBytes, server.Sha256, server.Accepted)));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{sent >> 20} MiB in {took.TotalSeconds:0.0} s, {sent / took.TotalSeconds / (1 << 20):0} MiB/s to each of {Servers}; resident {before >> 20} MiB before, {peak >> 20} at most; pages {broadcaster.Snapshot.Memory}");

        // The log's 64 MiB, the servers and what the runtime has not yet given back; not the half gibibyte.
        // Less than before is no fault: what earlier tests had left may have gone back to the system meanwhile.
        Assert.InRange(peak - before, long.MinValue, 200L << 20);
        Array.ForEach(servers, server => server.Dispose());
    });

    private static byte[] Lines(Random random)
    {
        byte[] piece = new byte[1 << 20];
        for (int at = 0; at < piece.Length;)
        {
            int length = Math.Min(piece.Length - at, random.Next(1, 200));
            piece.AsSpan(at, length).Fill((byte)random.Next('a', 'z'));
            at += length;
            piece[at - 1] = (byte)'\n';
        }

        return piece;
    }

    private static long Resident()
    {
        using var self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
