using System.Globalization;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>Ends what takes too long, and says in one line what broke: the innermost of our handlers.</summary>
internal sealed class PatientHandler(HttpPatience patience, HttpMessageHandler transport) : DelegatingHandler(transport)
{
    public required IReadOnlyList<ServerAddress> Server { get; init; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var server = Name(request.RequestUri!);
        var limit = request.Options.TryGetValue(HttpAccess.AnswerWithin, out var own) ? own : request.Content is null ? patience.Answer : Timeout.InfiniteTimeSpan;
        using var patient = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patient.CancelAfter(limit);
        try
        {
            var response = await base.SendAsync(request, patient.Token);
            response.Content = new PatientContent(response.Content, patience, server);
            return response;
        }
        catch (HttpRequestException e)
        {
            throw TransportFailure.Of(e, server);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw e.InnerException is TimeoutException
                ? new UnreachableServerException($"{server} cannot be reached: it does not answer; look whether the server runs, and whether host and port are right", e)
                : new StapesException(ErrorKind.Unavailable, $"{server} does not answer {request.RequestUri!.AbsolutePath} within {limit.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} seconds: try again, or look at its log", e);
        }
    }

    private string Name(Uri url) => Server.FirstOrDefault(a => a.IsOriginOf(url))?.ToString() ?? $"{url.Scheme}://{url.Authority}";
}
