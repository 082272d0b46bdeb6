using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>What an upload says of its image in headers: <c>X-Incus-public</c> and so on, or <c>X-LXD-…</c> from a client of LXD.</summary>
internal static class UploadHeaders
{
    /// <param name="headers">The headers of the request.</param>
    /// <param name="project">The project to add to.</param>
    /// <param name="token">What the one who asked for the image wants of it; null where the caller himself adds it.</param>
    /// <exception cref="StapesException">Invalid: a fingerprint or an alias is none.</exception>
    public static ImageAddOptions Read(IHeaderDictionary headers, string project, ImagesPostRecord? token)
    {
        var properties = Fields(headers, "properties").Select(static p => KeyValuePair.Create(p.Key, p.Value[0] ?? ""));
        var aliases = Values(headers, "aliases", "alias").Select(static name => new ImageAlias(name, ""));
        var profiles = Values(headers, "profiles", "profile").ToList();
        return new()
        {
            Project = project,
            Public = token?.Public ?? IncusCall.IsTrue(Value(headers, "public")),
            FileName = Value(headers, "filename"),
            Properties = Images.Properties(token?.Properties).With(properties),
            Aliases = AliasName.Checked(token?.Aliases?.Select(static a => new ImageAlias(a.Name, a.Description ?? "")) ?? aliases),
            Profiles = profiles.Count > 0 ? profiles : Images.DefaultProfiles,
            ExpiresAt = token is null ? null : Images.Expiry(token.ExpiresAt),
            ExpectedFingerprint = Fingerprint(headers),
        };
    }

    public static string Value(IHeaderDictionary headers, string name) =>
        (headers[$"X-Incus-{name}"] is { Count: > 0 } value ? value : headers[$"X-LXD-{name}"]).ToString();

    /// <exception cref="StapesException">Invalid: it is none.</exception>
    public static Sha256Digest? Fingerprint(IHeaderDictionary headers)
    {
        var text = Value(headers, "fingerprint");
        if (text.Length == 0)
            return null;
        return Sha256Digest.TryParse(text, out var fingerprint)
            ? fingerprint
            : throw new StapesException(ErrorKind.Invalid, $"The expected fingerprint \"{text}\" is none: send 64 hexadecimal digits");
    }

    private static Dictionary<string, Microsoft.Extensions.Primitives.StringValues> Fields(IHeaderDictionary headers, string name) =>
        QueryHelpers.ParseQuery(Value(headers, name));

    /// <summary>Several values as the fields of a query, or one as it is.</summary>
    private static IEnumerable<string> Values(IHeaderDictionary headers, string name, string field)
    {
        var text = Value(headers, name);
        if (text.Length == 0)
            return [];
        return QueryHelpers.ParseQuery(text).TryGetValue(field, out var values) ? values.OfType<string>() : [text];
    }
}
