using System.ComponentModel;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Stapes.Core;

namespace Stapes.Protocols.Oci.Client;

/// <summary>Who we are to a registry: a login and its password, or what a credential helper gave. Never in a log or an error.</summary>
/// <param name="Login">The login; empty when the secret is a token that is exchanged for others.</param>
/// <param name="Secret">The password or the token.</param>
public sealed record RegistryCredentials(string Login, string Secret)
{
    /// <summary>By this login helpers tell that the secret is such a token. Source: docker-credential-helpers, README.</summary>
    private const string TokenLogin = "<token>";

    private static readonly TimeSpan HelperPatience = TimeSpan.FromSeconds(30);

    public bool IsToken => Login.Length == 0;

    internal AuthenticationHeaderValue Basic => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Login}:{Secret}")));

    /// <summary>Asks <c>docker-credential-NAME get</c>.</summary>
    /// <param name="helper">The name behind <c>docker-credential-</c>, or the path of such a program.</param>
    /// <param name="server">The registry, as the helper knows it.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Null when the helper knows nobody for that registry.</returns>
    /// <exception cref="StapesException">Unavailable: there is no such helper, or it fails.</exception>
    public static async Task<RegistryCredentials?> AskHelperAsync(string helper, string server, CancellationToken cancellation)
    {
        var program = helper.Contains('/', StringComparison.Ordinal) ? helper : $"docker-credential-{helper}";
        using var process = Start(program);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(HelperPatience);
        try
        {
            await process.StandardInput.WriteAsync(server.AsMemory(), patience.Token);
            process.StandardInput.Close();
            var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            if (process.ExitCode != 0)
                return output.Contains("credentials not found", StringComparison.Ordinal) ? null : throw Failed(program, output.ReplaceLineEndings(" ").Trim());
            return JsonSerializer.Deserialize(output, OciJson.Context.HelperAnswer) is { Username: { } login, Secret: { } secret }
                ? new(login == TokenLogin ? "" : login, secret)
                : throw Failed(program, "its answer has no Username and Secret");
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw Failed(program, "its answer is no JSON");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failed(program, $"it did not answer within {HelperPatience.TotalSeconds} seconds");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>Hides the secret.</summary>
    public override string ToString() => Login;

    private static Process Start(string program)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, ["get"]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        }
        catch (Win32Exception e)
        {
            throw new StapesException(ErrorKind.Unavailable, $"The credential helper {program} cannot be started: {e.Message}; install it, or take it out of the remote", e);
        }
    }

    private static StapesException Failed(string program, string how) =>
        new(ErrorKind.Unavailable, $"The credential helper {program} failed: {(how.Length > 0 ? how : "it said nothing")}; run it by hand to see why");
}

/// <summary>What a credential helper prints.</summary>
public sealed record HelperAnswer
{
    [System.Text.Json.Serialization.JsonPropertyName("Username")]
    public string? Username { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("Secret")]
    public string? Secret { get; init; }
}
