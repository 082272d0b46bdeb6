using System.Net;
using System.Text.Json;
using Stapes.Core;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Oci.Client;

/// <summary>What went wrong, by the status of an answer, with the registry's own words where it has some. Source: OCI distribution-spec 1.1, «Error Codes».</summary>
internal static class RegistryFailure
{
    private const int MostBytes = 64 << 10;
    private const int LongestWords = 300;

    /// <param name="response">An answer that is no success; its body is read.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<StapesException> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode is HttpStatusCode.TooManyRequests)
            return new(ErrorKind.Unavailable, $"{response.RequestMessage?.RequestUri?.Authority} has had too many requests of us (429); log in to the registry, or try again later");
        var failure = ResponseStatus.Failure(response);
        return await FindWordsAsync(response, cancellation) is { } words ? new(failure.Kind, $"{failure.Message}: {words}") : failure;
    }

    private static async Task<string?> FindWordsAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentType?.MediaType is not "application/json")
            return null;
        try
        {
            var answer = JsonSerializer.Deserialize(await BoundedBody.ReadAsync(response, MostBytes, cancellation), OciJson.Context.ErrorAnswer);
            var words = answer?.Errors is [{ } first, ..] ? string.Join(": ", ((string?[])[first.Code, first.Message]).Where(static w => !string.IsNullOrWhiteSpace(w))) : "";
            return words.Length > 0 ? OneLine.Of(words, LongestWords) : null;
        }
        catch (Exception e) when (e is JsonException or StapesException)
        {
            // Then the status has to say it all.
            return null;
        }
    }
}

/// <summary>What a registry answers when it fails. Details may be anything.</summary>
public sealed record ErrorAnswer
{
    public IReadOnlyList<AnsweredError?>? Errors { get; init; }
}

/// <summary>One of them.</summary>
public sealed record AnsweredError
{
    public string? Code { get; init; }

    public string? Message { get; init; }
}
