using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Tests.Hosting;
using Stapes.Tests.Images;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Access;

/// <summary>
/// Every route of the server, with every kind of caller, for a public and for a private image. What is not in the table of
/// <c>docs/access.md</c> fails: a new route has to be written down there.
/// </summary>
public sealed class AccessMatrixTests : IAsyncLifetime
{
    private MatrixCallers callers = null!;
    private int releases;
    private Image image = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RunningServer Server => callers.Server;

    private AccessControl Access => Server.Server.Access;

    private ImageLibrary Library => Server.Server.Library;

    public async ValueTask InitializeAsync() => callers = await MatrixCallers.StartAsync();

    public ValueTask DisposeAsync() => callers.DisposeAsync();

    [Fact]
    public async Task Every_route_answers_every_caller_as_the_table_says()
    {
        var matrix = AccessMatrix.Read();
        var wrong = new List<string>();
        var routes = Server.Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().SelectMany(NamesOf).Distinct().ToList();
        foreach (var route in routes)
        {
            var row = new List<string>();
            var isRight = true;
            foreach (var kind in MatrixCallers.Kinds)
            {
                var (ofPublic, ofPrivate) = (await AskAsync(route, kind, isPublic: true), await AskAsync(route, kind, isPublic: false));
                row.Add(AccessMatrix.Format(ofPublic, ofPrivate));
                isRight &= matrix.Find(route, kind) == (ofPublic, ofPrivate);
            }

            if (!isRight)
                wrong.Add($"| `{route}` | {string.Join(" | ", row)} |");
        }

        wrong.ShouldBeEmpty("routes that are not in docs/access.md, or are answered in another way");
        matrix.Routes.Where(static r => !AccessMatrix.IsOfRegistry(r)).Except(routes).ShouldBeEmpty("routes in docs/access.md that the server does not have");
    }

    private static IEnumerable<string> NamesOf(RouteEndpoint endpoint)
    {
        var path = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
        var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"];
        return methods.Select(m => $"{m} {path}");
    }

    private async Task<int> AskAsync(string route, string kind, bool isPublic)
    {
        await PrepareAsync(isPublic);
        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
        using var request = new HttpRequestMessage(new(method == "*" ? "GET" : method), await FillAsync(path));
        request.Headers.TryAddWithoutValidation("User-Agent", "Incus 7.0.2 (Linux; x86_64)");
        if (method is "POST" or "PUT" or "PATCH")
            request.Content = Body(method, path);
        using var response = await callers.SendAsync(kind, request);
        await AfterAsync(request, response);
        return (int)response.StatusCode;
    }

    /// <summary>One image with one alias, a project, a certificate and a token to be deleted.</summary>
    private async Task PrepareAsync(bool isPublic)
    {
        var present = await Library.GetSnapshotAsync(Cancellation);
        if (present.Images.Count != 1 || present.Images[0].Fingerprint != image?.Fingerprint || present.FindAlias("default", "name") is null || present.Aliases.Count != 1)
        {
            foreach (var old in present.Images)
                await Library.DeleteAsync(old.Key, null, Cancellation);
            image = await Library.AddAsync(
                new ImageUpload(new("image", new MemoryStream(NewImage()))), new() { Aliases = [new("name", "")], Profiles = ["default"] }, Cancellation);
        }

        if ((await Library.GetSnapshotAsync(Cancellation)).Images[0].Public != isPublic)
            image = await Library.UpdateAsync(image.Key, i => i with { Public = isPublic }, Cancellation);
        foreach (var extra in Access.State.Identities.Values.Where(static i => i.Name is "new" or "changed"))
            await Access.RemoveAsync(extra.Key, Cancellation);
        if (!Access.State.Identities.Values.Any(static i => i is { Kind: IdentityKind.Certificate, Name: "victim" }))
        {
            using var victim = TestCertificate.Create("victim");
            await Access.TrustAsync(victim);
        }

        if (!Access.State.Identities.Values.Any(static i => i is { Kind: IdentityKind.Token, Name: "victim" }))
            await Access.TokenAsync("victim", Role.Viewer);
        if (!Access.State.Identities.ContainsKey(new(IdentityKind.Oidc, "victim")))
            await Access.AddUserAsync(new("victim", Role.Viewer), Cancellation);
        if (Access.State.Projects.ContainsKey("new"))
            await Access.ChangeProjectsAsync(ProjectChanges.Delete("new"), Cancellation);
        if (!Access.State.Projects.ContainsKey("victim"))
            await Access.ChangeProjectsAsync(ProjectChanges.Create(new("victim", "")), Cancellation);
    }

    private async Task<string> FillAsync(string path)
    {
        var certificate = Access.State.Identities.Values.First(static i => i is { Kind: IdentityKind.Certificate, Name: "victim" }).Id;
        return path
            .Replace("{fingerprint}", path.Contains("/certificates/", StringComparison.Ordinal) ? certificate : image.Fingerprint.Hex)
            .Replace("{file}", $"{image.MetadataFile.Digest}{image.MetadataFile.Extension}")
            .Replace("{**name}", path.StartsWith("/stapes/", StringComparison.Ordinal) ? "victim" : "name")
            .Replace("{**rest}", "instances")
            .Replace("{name}", "victim")
            .Replace("{id}/wait", "{id}/wait?timeout=0")
            .Replace("{id}", path.Contains("/operations/", StringComparison.Ordinal) ? await OperationAsync() : "x");
    }

    private ByteArrayContent Body(string method, string path) => (method, path) switch
    {
        ("POST", "/1.0/images") => new ByteArrayContent(NewImage()),
        ("POST", "/1.0/images/aliases") => Json($$"""{"name":"new","target":"{{image.Fingerprint}}"}"""),
        ("POST", "/1.0/images/aliases/{**name}") => Json("""{"name":"new"}"""),
        (_, "/1.0/images/aliases/{**name}") => Json($$"""{"target":"{{image.Fingerprint}}"}"""),
        ("POST", "/1.0/projects") => Json("""{"name":"new"}"""),
        ("POST", "/1.0/certificates") => Json($$"""{"name":"new","type":"client","certificate":{{JsonValue.Create(NewCertificate()).ToJsonString()}}}"""),
        (_, "/1.0/certificates/{fingerprint}") => Json("""{"name":"changed","type":"client"}"""),
        ("POST", "/stapes/1.0/oidc") => Json("""{"name":"new","role":"viewer"}"""),
        ("POST", "/stapes/1.0/tokens") => Json("""{"name":"new","role":"viewer"}"""),
        _ => Json("{}"),
    };

    /// <summary>Waits for what goes on in the background, so that the next question finds a state that stands still.</summary>
    private async Task AfterAsync(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (response.StatusCode is HttpStatusCode.Accepted && response.Headers.Location is { } operation && request.RequestUri?.OriginalString.EndsWith("/secret", StringComparison.Ordinal) is false)
            await callers.Unix.GetAsync(new Uri($"{operation}/wait", UriKind.Relative), Cancellation);
    }

    /// <summary>A running operation of the image's project.</summary>
    private async Task<string> OperationAsync()
    {
        using var response = await callers.Unix.PostAsync(new Uri($"/1.0/images/{image.Fingerprint}/secret", UriKind.Relative), null, Cancellation);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["metadata"]!["id"]!;
    }

    private byte[] NewImage() => SampleImage.Unified(SampleImage.Yaml(release: $"{++releases}"));

    private static string NewCertificate()
    {
        using var certificate = TestCertificate.Create("new");
        return certificate.ExportCertificatePem();
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}
