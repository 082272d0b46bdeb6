using System.Net;

namespace Stapes.Protocols.Shared.Client;

/// <summary>The body of an answer, read through a <see cref="PatientStream"/>.</summary>
internal sealed class PatientContent : HttpContent
{
    private readonly HttpContent content;
    private readonly HttpPatience patience;
    private readonly string server;

    public PatientContent(HttpContent content, HttpPatience patience, string server)
    {
        this.content = content;
        this.patience = patience;
        this.server = server;
        foreach (var (name, values) in content.Headers.NonValidated)
            Headers.TryAddWithoutValidation(name, values);
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new PatientStream(await content.ReadAsStreamAsync(cancellationToken), patience, server);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var body = await CreateContentReadStreamAsync(cancellationToken);
        await body.CopyToAsync(stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = content.Headers.ContentLength ?? 0;
        return content.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            content.Dispose();
        base.Dispose(disposing);
    }
}
