using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.Native.Certificates;

/// <summary>The names that a certificate has for whoever shows it: DNS names and URIs of its subject's alternatives. A common name is none (RFC 9525).</summary>
internal static class CertifiedNames
{
    // Of GeneralName (RFC 5280, 4.2.1.6).
    private const int DnsName = 2;
    private const int UriName = 6;
    private const int AddressName = 7;

    /// <summary>Its names, in their order.</summary>
    /// <exception cref="AsnContentException">Its extension is broken.</exception>
    public static ImmutableArray<string> Of(X509Certificate2 certificate) => Read(certificate, withAddresses: false);

    /// <summary>As <see cref="Of"/>, and its addresses, for who reads them.</summary>
    /// <exception cref="AsnContentException">Its extension is broken.</exception>
    public static ImmutableArray<string> WithAddresses(X509Certificate2 certificate) => Read(certificate, withAddresses: true);

    private static ImmutableArray<string> Read(X509Certificate2 certificate, bool withAddresses)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var extension in certificate.Extensions)
        {
            if (extension is not X509SubjectAlternativeNameExtension alternatives)
                continue;
            AsnReader reader = new AsnReader(alternatives.RawData, AsnEncodingRules.DER).ReadSequence();
            while (reader.HasData)
            {
                Asn1Tag tag = reader.PeekTag();
                if (tag.TagClass == TagClass.ContextSpecific && tag.TagValue is DnsName or UriName)
                    Add(names, reader.ReadCharacterString(UniversalTagNumber.IA5String, tag), isUri: tag.TagValue == UriName);
                else if (withAddresses && tag is { TagClass: TagClass.ContextSpecific, TagValue: AddressName })
                    names.Add(Address(reader.ReadOctetString(tag)));
                else
                    reader.ReadEncodedValue();
            }
        }

        return names.ToImmutable();
    }

    /// <summary>Whether one of <paramref name="names"/> is wanted.</summary>
    /// <param name="names">Of a certificate.</param>
    /// <param name="wanted">Whole names in any case; <c>*.</c> at the front stands for one label.</param>
    public static bool HasOne(ImmutableArray<string> names, ImmutableArray<string> wanted) =>
        names.Any(name => wanted.Any(pattern => Is(name, pattern)));

    // A URI has a colon, and a host has none: what is otherwise is neither, and would pass for the other.
    private static void Add(ImmutableArray<string>.Builder names, string name, bool isUri)
    {
        if (name.Contains(':', StringComparison.Ordinal) == isUri)
            names.Add(name);
    }

    private static string Address(byte[] bytes) => bytes.Length is 4 or 16 ? new IPAddress(bytes).ToString() : "an address of another kind";

    private static bool Is(string name, string pattern)
    {
        if (!pattern.StartsWith("*.", StringComparison.Ordinal))
            return name.Equals(pattern, StringComparison.OrdinalIgnoreCase);
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && !name.Contains(':', StringComparison.Ordinal) && name.AsSpan(dot).Equals(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase);
    }
}
