using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Stapes.Tests.Shared.Authentication;

/// <summary>A small OpenID Connect issuer on loopback: its documents, and tokens as a test wants them, right or wrong.</summary>
internal sealed class Issuer : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly RSA rsa = RSA.Create(2048);
    private readonly ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private Issuer(WebApplication application) => this.application = application;

    public string Url => application.Urls.Single();

    /// <summary>What the issuer calls itself in its discovery document; null for its URL.</summary>
    public string? Name { get; set; }

    /// <summary>The key's name, which changes when an issuer rolls its keys.</summary>
    public string KeyId { get; set; } = "one";

    public bool IsAway { get; set; }

    /// <summary>Whom a login of a device, and its renewal, gives a token for an hour from now; null for nobody.</summary>
    public string? DeviceUser { get; set; }

    /// <summary>How often the keys were asked for.</summary>
    public int Fetches { get; private set; }

    public static async Task<Issuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var issuer = new Issuer(builder.Build());
        issuer.application.Run(issuer.AnswerAsync);
        await issuer.application.StartAsync();
        return issuer;
    }

    /// <summary>Claims that are right: for the client «stapes», for an hour from the start of 2030.</summary>
    public JsonObject Claims() => new()
    {
        ["iss"] = Url,
        ["sub"] = "user-1",
        ["aud"] = "stapes",
        ["exp"] = new DateTimeOffset(2030, 1, 1, 1, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(),
    };

    public string Sign(JsonObject claims, string algorithm = "RS256", JsonObject? header = null)
    {
        header ??= new() { ["kid"] = KeyId, ["typ"] = "at+jwt" };
        header["alg"] = algorithm;
        var text = $"{Encode(header)}.{Encode(claims)}";
        return $"{text}.{Base64Url.EncodeToString(Signature(Encoding.ASCII.GetBytes(text), algorithm))}";
    }

    public async ValueTask DisposeAsync()
    {
        await application.DisposeAsync();
        rsa.Dispose();
        ecdsa.Dispose();
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private byte[] Signature(byte[] text, string algorithm) => algorithm switch
    {
        "RS256" => rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        "PS512" => rsa.SignData(text, HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
        "ES256" => ecdsa.SignData(text, HashAlgorithmName.SHA256),
        // Whoever takes the public key for a shared secret is fooled by this one.
        "HS256" => HMACSHA256.HashData(rsa.ExportSubjectPublicKeyInfo(), text),
        _ => [],
    };

    private async Task AnswerAsync(HttpContext http)
    {
        if (IsAway)
        {
            http.Response.StatusCode = 503;
            return;
        }

        JsonObject answer = http.Request.Path.Value switch
        {
            "/.well-known/openid-configuration" => new JsonObject
            {
                ["issuer"] = Name ?? Url, ["jwks_uri"] = Url + "/keys", ["device_authorization_endpoint"] = Url + "/device", ["token_endpoint"] = Url + "/token",
            },
            "/device" => new JsonObject { ["device_code"] = "device", ["user_code"] = "ABCD-EFGH", ["verification_uri"] = Url + "/page", ["expires_in"] = 60, ["interval"] = 1 },
            "/token" => DeviceToken(),
            _ => new JsonObject { ["keys"] = Keys() },
        };
        if (answer["error"] is not null)
            http.Response.StatusCode = 400;
        await http.Response.WriteAsync(answer.ToJsonString());
    }

    private JsonObject DeviceToken()
    {
        if (DeviceUser is null)
            return new() { ["error"] = "access_denied" };
        var claims = Claims();
        (claims["sub"], claims["aud"], claims["exp"]) = (DeviceUser, "images", (DateTimeOffset.UtcNow + TimeSpan.FromHours(1)).ToUnixTimeSeconds());
        return new() { ["access_token"] = Sign(claims), ["token_type"] = "Bearer", ["refresh_token"] = "s3cret", ["expires_in"] = 3600 };
    }

    private JsonArray Keys()
    {
        Fetches++;
        var (key, point) = (rsa.ExportParameters(false), ecdsa.ExportParameters(false).Q);
        return
        [
            new JsonObject { ["kty"] = "OKP", ["crv"] = "Ed25519", ["kid"] = KeyId, ["x"] = "AAAA" },
            new JsonObject { ["kty"] = "RSA", ["use"] = "enc", ["kid"] = KeyId, ["n"] = "AAAA", ["e"] = "AQAB" },
            new JsonObject { ["kty"] = "RSA", ["kid"] = KeyId, ["n"] = Base64Url.EncodeToString(key.Modulus), ["e"] = Base64Url.EncodeToString(key.Exponent) },
            new JsonObject { ["kty"] = "EC", ["kid"] = KeyId, ["alg"] = "ES256", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) },
        ];
    }
}
