using System.Buffers.Text;
using System.Text;
using Dynode.Streams;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using NATS.NKeys;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>Who logs in by a JWT and signs with his key, as accounts that an operator gives out do.</summary>
[Trait("Server", "nats")]
public sealed class CredentialsTests
{
    [Fact]
    public async Task A_file_of_credentials_lets_in_and_another_does_not()
    {
        using var theOperator = KeyPair.CreatePair(PrefixByte.Operator);
        using var account = KeyPair.CreatePair(PrefixByte.Account);
        using var user = KeyPair.CreatePair(PrefixByte.User);
        using var system = KeyPair.CreatePair(PrefixByte.Account);
        using var stranger = KeyPair.CreatePair(PrefixByte.Account);
        const string Limits = "\"subs\":-1,\"data\":-1,\"payload\":-1";
        string ofOperator = Sign(theOperator, theOperator, "\"type\":\"operator\",\"version\":2");
        string ofSystem = Sign(theOperator, system, $"\"type\":\"account\",\"version\":2,\"limits\":{{{Limits},\"conn\":-1}}");
        string ofAccount = Sign(theOperator, account, $"\"type\":\"account\",\"version\":2,\"limits\":{{{Limits},\"imports\":-1,\"exports\":-1,\"wildcards\":true,\"conn\":-1,\"leaf\":-1,"
            + "\"mem_storage\":-1,\"disk_storage\":-1,\"streams\":-1,\"consumer\":-1}");
        using RealServer server = await NatsServer.ConfiguredAsync(
            $"jetstream {{}}\noperator: \"{ofOperator}\"\nresolver: MEMORY\nsystem_account: {system.GetPublicKey()}\n"
            + $"resolver_preload: {{ {account.GetPublicKey()}: \"{ofAccount}\", {system.GetPublicKey()}: \"{ofSystem}\" }}");
        NatsSettings known = NatsLogUnderTest.Settings(server.Port) with { Credentials = File(Sign(account, user, $"\"type\":\"user\",\"version\":2,{Limits}"), user) };
        Assert.Equal("", known.Fault());
        await using (var log = new NatsLogUnderTest(known))
        {
            await log.WordAsync(StreamWordKind.Here);
            log.Log.Listen();
            log.Publish(7, [1]);
            await log.WordAsync(StreamWordKind.Heard);
        }

        await using (var log = new NatsLogUnderTest(known with { Credentials = File(Sign(stranger, user, $"\"type\":\"user\",\"version\":2,{Limits}"), user) }))
            Assert.Contains("the server refuses the login: Authorization Violation", (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);

        // A seed that is none: said, without it.
        string broken = known.Credentials.Replace(user.GetSeed(), "SUNONSENSE", StringComparison.Ordinal);
        await using (var log = new NatsLogUnderTest(known with { Credentials = broken }))
        {
            await Eventually.True(() => log.Words.Count > 0, log.Dump);
            Assert.DoesNotContain("SUNONSENSE", log.Dump(), StringComparison.Ordinal);
        }
    }

    private static string File(string jwt, KeyPair key) =>
        $"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n{key.GetSeed()}\n------END USER NKEY SEED------\n";

    private static string Sign(KeyPair issuer, KeyPair subject, string claims)
    {
        string body = $"{{\"jti\":\"x\",\"iat\":1,\"iss\":\"{issuer.GetPublicKey()}\",\"name\":\"n\",\"sub\":\"{subject.GetPublicKey()}\",\"nats\":{{{claims}}}}}";
        string signed = $"{Encode("{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}"u8)}.{Encode(Encoding.UTF8.GetBytes(body))}";
        byte[] signature = new byte[64];
        issuer.Sign(Encoding.ASCII.GetBytes(signed), signature);
        return $"{signed}.{Encode(signature)}";
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
