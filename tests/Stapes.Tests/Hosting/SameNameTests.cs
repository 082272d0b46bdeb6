using System.Net;
using Stapes.Core.Access;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Hosting;

/// <summary>Identities of different kinds that happen to have one name.</summary>
public sealed class SameNameTests
{
    private const int MostUploads = 256;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_has_uploads_of_its_own()
    {
        await using var server = await RunningServer.StartAsync();
        using var certificate = TestCertificate.Create("ann");
        await server.Server.Access.TrustAsync(certificate, Role.Publisher);
        using var byCertificate = server.WithCertificate(certificate);
        using var byToken = server.WithToken(await server.Server.Access.TokenAsync("ann", Role.Publisher));
        var first = await BeginAsync(byToken);
        for (var i = 0; i < MostUploads; i++)
            await BeginAsync(byCertificate);
        (await StatusAsync(byToken, first)).ShouldBe(HttpStatusCode.NoContent, "others do not use up what the token has");
        for (var i = 0; i < MostUploads; i++)
            await BeginAsync(byToken);
        (await StatusAsync(byToken, first)).ShouldBe(HttpStatusCode.NotFound, "whoever begins too many gives up the oldest");
    }

    private static async Task<Uri> BeginAsync(HttpClient client)
    {
        using var response = await client.PostAsync(new Uri("/v2/library/app/blobs/uploads/", UriKind.Relative), null, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return response.Headers.Location!;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, Uri upload)
    {
        using var response = await client.GetAsync(upload, Cancellation);
        return response.StatusCode;
    }
}
