using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Stapes.Hosting;

/// <summary>
/// Reads lists of revoked certificates (RFC 5280, section 5.1). Their signatures are not checked: who may write the file may as well name
/// another authority.
/// </summary>
internal static class RevocationList
{
    private const string Label = "X509 CRL";

    /// <param name="pem">Any number of lists.</param>
    /// <exception cref="AsnContentException">One of them is broken.</exception>
    /// <exception cref="CryptographicException">There is none.</exception>
    public static HashSet<RevokedCertificate> Read(string pem)
    {
        var revoked = new HashSet<RevokedCertificate>();
        var rest = pem.AsSpan();
        var lists = 0;
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label] is Label)
            {
                ReadList(Convert.FromBase64String(rest[fields.Base64Data].ToString()), revoked);
                lists++;
            }

            rest = rest[fields.Location.End..];
        }

        return lists > 0 ? revoked : throw new CryptographicException($"there is no «{Label}» in the list of revoked certificates");
    }

    private static void ReadList(byte[] der, HashSet<RevokedCertificate> revoked)
    {
        var list = new AsnReader(der, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        if (list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            list.ReadInteger();
        list.ReadSequence();
        var issuer = list.ReadEncodedValue().ToArray();
        SkipTime(list);
        if (list.HasData && list.PeekTag().TagClass is TagClass.Universal && !list.PeekTag().IsConstructed)
            SkipTime(list);
        if (!list.HasData || !list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            return;
        for (var entries = list.ReadSequence(); entries.HasData;)
            revoked.Add(new(issuer, entries.ReadSequence().ReadIntegerBytes().Span));
    }

    private static void SkipTime(AsnReader reader) => reader.ReadEncodedValue();
}

/// <summary>What identifies a certificate to the one who signed it.</summary>
internal readonly record struct RevokedCertificate
{
    private readonly string key;

    public RevokedCertificate(ReadOnlySpan<byte> issuer, ReadOnlySpan<byte> serial) =>
        key = $"{Convert.ToHexStringLower(issuer)}/{Convert.ToHexStringLower(serial)}";
}
