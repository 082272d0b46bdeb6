using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Tests.Shared.Client;

public sealed class HttpClientsTests
{
    private static readonly HttpPatience Hasty = new()
    {
        Answer = TimeSpan.FromMilliseconds(300),
        Idle = TimeSpan.FromMilliseconds(300),
        Window = TimeSpan.FromMilliseconds(300),
    };

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_with_its_fingerprint()
    {
        await using var server = await WebServer.StartTlsAsync(Hello);
        using var http = HttpClients.Create(Access(server.Url));

        var failure = await FailureAsync(http, "x");

        failure.Kind.ShouldBe(ErrorKind.Forbidden);
        failure.Message.ShouldStartWith($"The certificate of localhost is not trusted: it is self-signed (fingerprint {Fingerprint(server.Certificate!)}); ");
        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("other.example", 1)]
    [InlineData("localhost", -1)]
    public async Task A_pinned_certificate_counts_whatever_its_name_and_dates(string name, int days)
    {
        await using var server = await WebServer.StartAsync(Hello, TestCertificate.Create(name, DateTimeOffset.UtcNow.AddDays(days)));
        using var http = HttpClients.Create(Access(server.Url) with { PinnedCertificate = server.Certificate });

        (await http.GetStringAsync(new Uri("x", UriKind.Relative), CancellationToken.None)).ShouldBe("hello");
    }

    [Fact]
    public async Task An_expired_certificate_is_called_that()
    {
        await using var server = await WebServer.StartAsync(Hello, TestCertificate.Create(until: new(2024, 5, 6, 0, 0, 0, TimeSpan.Zero)));
        using var http = HttpClients.Create(Access(server.Url));

        (await FailureAsync(http, "x")).Message.ShouldContain("it expired on 2024-05-06");
    }

    [Fact]
    public async Task A_certificate_other_than_the_pinned_one_is_refused()
    {
        await using var server = await WebServer.StartTlsAsync(Hello);
        using var before = TestCertificate.Create();
        using var http = HttpClients.Create(Access(server.Url) with { PinnedCertificate = before });

        var failure = await FailureAsync(http, "x");

        failure.Kind.ShouldBe(ErrorKind.Forbidden);
        failure.Message.ShouldStartWith($"The certificate of localhost has changed: its fingerprint is {Fingerprint(server.Certificate!)}, not {Fingerprint(before)}; ");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_server_sees_our_certificate_our_name_and_our_architecture()
    {
        X509Certificate2? seen = null;
        string? agent = null;
        await using var server = await WebServer.StartTlsAsync(async http =>
        {
            seen = await http.Connection.GetClientCertificateAsync();
            agent = http.Request.Headers.UserAgent;
        });
        using var ours = TestCertificate.Create("me");
        using var http = HttpClients.Create(Access(server.Url) with { PinnedCertificate = server.Certificate, ClientCertificate = ours });

        await http.GetStringAsync(new Uri("x", UriKind.Relative), CancellationToken.None);

        seen!.Thumbprint.ShouldBe(ours.Thumbprint);
        agent!.ShouldStartWith("Stapes ");
        agent!.ShouldContain($" (Linux; {Core.Images.Architecture.Local}; ");
    }

    [Fact]
    public async Task A_password_is_sent_over_tls_alone_and_never_to_another_host()
    {
        var sent = new List<string>();
        await using var other = await WebServer.StartTlsAsync(http =>
        {
            sent.Add($"other {http.Request.Headers.Authorization}");
            return Task.CompletedTask;
        });
        await using var server = await WebServer.StartAsync(
            http =>
            {
                sent.Add($"server {http.Request.Headers.Authorization}");
                http.Response.Redirect(other.At("y").AbsoluteUri);
                return Task.CompletedTask;
            },
            X509CertificateLoader.LoadPkcs12(other.Certificate!.Export(X509ContentType.Pfx), null));
        using var http = HttpClients.Create(Access(WithPassword(server.Url)) with { PinnedCertificate = server.Certificate });

        await http.GetStringAsync(new Uri("x", UriKind.Relative), CancellationToken.None);

        // «me:p@ss».
        sent.ShouldBe(["server Basic bWU6cEBzcw==", "other "]);
    }

    [Fact]
    public void A_password_for_plain_http_is_refused_and_not_shown()
    {
        var failure = Should.Throw<StapesException>(() => ServerAddress.Parse(new("http://me:p%40ss@example.org/x")));

        failure.Message.ShouldBe("http://me:***@example.org/x would send the password unencrypted: use https://, or leave out user and password");
    }

    [Theory]
    [InlineData("https://me:secret@example.org/x?token=y", "https://me:***@example.org/x")]
    [InlineData("https://token@example.org/", "https://***@example.org/")]
    [InlineData("https://example.org:8443/a", "https://example.org:8443/a")]
    [InlineData("https://me:se@cret@[bad/x", "https://me:***@[bad/x")]
    [InlineData("word", "word")]
    public void Secrets_of_urls_are_hidden(string url, string shown)
    {
        PublicUrl.Of(url.Split('?')[0]).ShouldBe(shown);
        if (Uri.TryCreate(url, UriKind.Absolute, out var parsed))
            PublicUrl.Of(parsed).ShouldBe(shown);
    }

    [Fact]
    public async Task A_circle_of_redirects_ends_in_an_error()
    {
        await using var server = await WebServer.StartAsync(static http =>
        {
            http.Response.Redirect("/x");
            return Task.CompletedTask;
        });
        using var http = HttpClients.Create(Access(server.Url));

        (await FailureAsync(http, "x")).Message.ShouldStartWith($"{server.Url}x redirects 10 times and more, ");
    }

    [Fact]
    public async Task A_redirect_out_of_tls_is_not_followed()
    {
        await using var server = await WebServer.StartTlsAsync(static http =>
        {
            http.Response.Redirect("http://localhost:9/y");
            return Task.CompletedTask;
        });
        using var http = HttpClients.Create(Access(server.Url) with { PinnedCertificate = server.Certificate });

        (await FailureAsync(http, "x")).Message.ShouldContain("redirects to http://localhost:9/y, out of TLS");
    }

    [Fact]
    public async Task A_byte_at_a_time_is_too_slow()
    {
        await using var server = await WebServer.StartAsync(static async http =>
        {
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.WriteAsync("x", http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
                await Task.Delay(50, http.RequestAborted);
            }
        });
        using var http = HttpClients.Create(Access(server.Url) with { Patience = Hasty });

        (await FailureAsync(http, "x")).Message.ShouldStartWith($"{server.Url.AbsoluteUri.TrimEnd('/')} is too slow: ");
    }

    [Theory]
    [InlineData(false, " does not answer /x within 0.3 seconds: ")]
    [InlineData(true, " stopped sending: nothing came for 0.3 seconds; ")]
    public async Task A_server_that_falls_silent_ends_in_an_error(bool afterHeaders, string message)
    {
        await using var server = await WebServer.StartAsync(async http =>
        {
            if (afterHeaders)
                await http.Response.Body.FlushAsync(http.RequestAborted);
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        using var http = HttpClients.Create(Access(server.Url) with { Patience = Hasty });

        (await FailureAsync(http, "x")).Message.ShouldContain(message);
    }

    [Fact]
    public async Task The_next_address_is_asked_when_one_fails()
    {
        await using var broken = await WebServer.StartAsync(static http =>
        {
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        await using var server = await WebServer.StartAsync(Hello);
        using var http = HttpClients.Create(new(
            [ServerAddress.Parse(new($"http://localhost:{UnusedPort()}/")), ServerAddress.Parse(broken.Url), ServerAddress.Parse(server.At("base"))]));

        (await http.GetStringAsync(new Uri("x", UriKind.Relative), CancellationToken.None)).ShouldBe("hello");
        await http.GetStringAsync(new Uri("y", UriKind.Relative), CancellationToken.None);

        server.Requests.ShouldBe(["GET /base/x", "GET /base/y"]);
        broken.Requests.ShouldBe(["GET /x"]);
    }

    [Fact]
    public async Task When_all_addresses_fail_each_is_told()
    {
        var (one, two) = (UnusedPort(), UnusedPort());
        using var http = HttpClients.Create(new([ServerAddress.Parse(new($"http://localhost:{one}/")), ServerAddress.Parse(new($"http://localhost:{two}/"))]));

        var failure = await FailureAsync(http, "x");

        failure.Message.ShouldContain($"http://localhost:{one} cannot be reached: ");
        failure.Message.ShouldContain($"http://localhost:{two} cannot be reached: ");
    }

    [Fact]
    public async Task A_guard_sees_the_address_that_a_name_leads_to_also_after_a_redirect()
    {
        await using var server = await WebServer.StartAsync(Hello);
        await using var redirecting = await WebServer.StartAsync(http =>
        {
            http.Response.Redirect(server.At("y").AbsoluteUri.Replace("localhost", "127.0.0.2", StringComparison.Ordinal));
            return Task.CompletedTask;
        });
        using var none = HttpClients.Create(Access(server.Url) with { Guard = static address => !IPAddress.IsLoopback(address) });
        using var some = HttpClients.Create(Access(redirecting.Url) with { Guard = static address => address.Equals(IPAddress.Loopback) });

        (await FailureAsync(none, "x")).Kind.ShouldBe(ErrorKind.Forbidden);
        (await FailureAsync(some, "x")).Message.ShouldStartWith("127.0.0.2 may not be asked: ");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_that_leads_elsewhere_the_next_time_does_not_get_past_a_guard()
    {
        await using var inside = await WebServer.StartAsync(Hello);
        await using var outside = await WebServer.StartAsync(static http =>
        {
            http.Response.Headers.Connection = "close";
            return Hello(http);
        }, address: IPAddress.Parse("127.0.0.2"));
        var answers = new Queue<IPAddress[]>([[IPAddress.Parse("127.0.0.2")], [IPAddress.Loopback], [IPAddress.IPv6Loopback, IPAddress.Loopback, IPAddress.Parse("127.0.0.2")]]);
        HttpAccess To(WebServer server) => Access(new($"http://rebinding.example:{server.Url.Port}/")) with
        {
            // As for those who are not trusted with the own network, of which 127.0.0.2 is no part here.
            Guard = static address => address.Equals(IPAddress.Parse("127.0.0.2")),
            Resolve = (_, _) => Task.FromResult(answers.Dequeue()),
        };
        using var http = HttpClients.Create(To(outside));

        (await http.GetStringAsync(new Uri("x", UriKind.Relative), CancellationToken.None)).ShouldBe("hello");
        (await FailureAsync(http, "x")).Message.ShouldStartWith("rebinding.example may not be asked: ");
        (await http.GetStringAsync(new Uri("y", UriKind.Relative), CancellationToken.None)).ShouldBe("hello", "of several addresses only the open one is asked");
        answers.ShouldBeEmpty("what was checked is what was connected to");
        inside.Requests.ShouldBeEmpty();
        outside.Requests.ShouldBe(["GET /x", "GET /y"]);
    }

    [Fact]
    public async Task A_name_that_nobody_knows_and_a_port_without_tls_are_told_in_a_line()
    {
        await using var plain = await WebServer.StartAsync(Hello);
        using var unknown = HttpClients.Create(Access(new("https://stapes.invalid/")));
        using var http = HttpClients.Create(Access(new(plain.Url.AbsoluteUri.Replace("http:", "https:", StringComparison.Ordinal))));

        (await FailureAsync(unknown, "x")).Message.ShouldStartWith("https://stapes.invalid cannot be found: ");
        var failure = await FailureAsync(http, "x");
        failure.Message.ShouldContain(" does not speak TLS with us: ");
        failure.Message.ShouldNotContain('\n');
    }

    [Fact]
    public async Task A_certificate_can_be_looked_at_before_it_is_trusted()
    {
        await using var server = await WebServer.StartTlsAsync(Hello);

        using var probed = await ServerCertificateProbe.GetAsync(ServerAddress.Parse(server.Url), new(), CancellationToken.None);

        probed.Fingerprint.ShouldBe(Fingerprint(server.Certificate!));
        probed.IsTrusted.ShouldBeFalse();
    }

    private static HttpAccess Access(Uri url) => new(ServerAddress.Parse(url));

    private static Uri WithPassword(Uri url) => new(url.AbsoluteUri.Replace("://", "://me:p%40ss@", StringComparison.Ordinal));

    private static Task Hello(HttpContext http) => http.Response.WriteAsync("hello");

    private static string Fingerprint(X509Certificate2 certificate) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(certificate.RawData));

    private static Task<StapesException> FailureAsync(HttpClient http, string path) =>
        Should.ThrowAsync<StapesException>(http.GetStringAsync(new Uri(path, UriKind.Relative), CancellationToken.None));

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
