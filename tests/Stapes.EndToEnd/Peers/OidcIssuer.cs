using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Peers;

/// <summary>A real OpenID Connect issuer on loopback (<c>tests/peers/oidc</c>), and the browser of a user who signs in there.</summary>
internal sealed partial class OidcIssuer : IAsyncDisposable
{
    private readonly Process process;

    private OidcIssuer(Process process, string url)
    {
        this.process = process;
        Url = url;
    }

    public string Url { get; }

    public static async Task<OidcIssuer> StartAsync()
    {
        var port = FreePort.Find();
        var command = new Command("node", "issuer.mjs", $"{port}") { Directory = Path.Combine(IncusDaemon.RepositoryRoot(), "tests", "peers", "oidc") };
        var process = command.Start();
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("listening");
        return new(process, $"http://127.0.0.1:{port}");
    }

    /// <summary>Runs a command that prints where its user has to go, and waits until that is done.</summary>
    /// <param name="command">The command.</param>
    /// <param name="prompt">Where it prints that.</param>
    /// <param name="user">Who signs in.</param>
    public static async Task SignInAsync(Command command, Func<Process, StreamReader> prompt, string user)
    {
        using var running = command.Start();
        var told = prompt(running);
        var other = (told == running.StandardError ? running.StandardOutput : running.StandardError).ReadToEndAsync(TestContext.Current.CancellationToken);
        string? page = null;
        while (page is null && await told.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            page = line.StartsWith("URL: ", StringComparison.Ordinal) ? line["URL: ".Length..] : null;
        page.ShouldNotBeNull(page is null ? await other : null);
        await SignInAsync(new Uri(page), user);
        var rest = await told.ReadToEndAsync(TestContext.Current.CancellationToken);
        await running.WaitForExitAsync(TestContext.Current.CancellationToken);
        running.ExitCode.ShouldBe(0, rest + await other);
    }

    /// <summary>Fills in the forms that the issuer shows to a user, until there is none any more.</summary>
    /// <param name="page">Where the program that wants to be signed in sends its user.</param>
    /// <param name="user">Who signs in.</param>
    public static async Task SignInAsync(Uri page, string user)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() });
        var response = await browser.GetAsync(page, TestContext.Current.CancellationToken);
        while (true)
        {
            var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            response.IsSuccessStatusCode.ShouldBeTrue(html);
            var form = FormPattern().Match(html);
            if (!form.Success)
                break;
            var fields = InputPattern().Matches(html)
                .Select(static i => (Name: NamePattern().Match(i.Value), Value: ValuePattern().Match(i.Value)))
                .Where(static i => i.Name.Success)
                .Select(i => KeyValuePair.Create(i.Name.Groups["value"].Value, i.Value.Success ? WebUtility.HtmlDecode(i.Value.Groups["value"].Value) : user));
            var next = new Uri(response.RequestMessage!.RequestUri!, WebUtility.HtmlDecode(form.Groups["value"].Value));
            response.Dispose();
            using var content = new FormUrlEncodedContent(fields);
            response = await browser.PostAsync(next, content, TestContext.Current.CancellationToken);
        }

        response.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    [GeneratedRegex("<form[^>]*action=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FormPattern();

    [GeneratedRegex("<input[^>]*>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InputPattern();

    [GeneratedRegex(" name=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern();

    [GeneratedRegex(" value=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ValuePattern();
}
