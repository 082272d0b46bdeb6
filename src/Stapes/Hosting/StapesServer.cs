using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Repositories;
using Stapes.Protocols.Incus.Server;
using Stapes.Protocols.Oci.Publishing;
using Stapes.Protocols.Oci.Server;
using Stapes.Protocols.Shared;
using Stapes.Protocols.Shared.Authentication;
using Stapes.Protocols.Shared.Authentication.Oidc;

namespace Stapes.Hosting;

/// <summary>
/// A running server: the library of a data directory, behind Kestrel. Several can run in one process, each on a data directory of its own.
/// </summary>
internal sealed partial class StapesServer : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly ServerSettings settings;
    private readonly ServiceManager serviceManager;
    private readonly Readiness readiness;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly ServedImages images;
    private readonly ServerData data;
    private Task background = Task.CompletedTask;

    private StapesServer(
        WebApplication application, ServerSettings settings, ServiceManager serviceManager, ServerData data, ServedImages images)
    {
        this.images = images;
        this.application = application;
        this.settings = settings;
        this.serviceManager = serviceManager;
        this.data = data;
        readiness = application.Services.GetRequiredService<Readiness>();
        logger = application.Services.GetRequiredService<ILogger<StapesServer>>();
    }

    public IServiceProvider Services => application.Services;

    public ImageLibrary Library => data.Library;

    public AccessControl Access => data.Access;

    /// <summary>Where it listens, with the ports that the system chose.</summary>
    public IReadOnlyList<string> Addresses =>
    [
        .. application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(static a => a.StartsWith("http://unix:", StringComparison.Ordinal) ? ListenSocket.FinalName(a["http://".Length..]) : a),
    ];

    /// <summary>Opens the library, listens and answers. When it fails, nothing stays behind.</summary>
    /// <param name="settings">How it runs.</param>
    /// <param name="log">Where it logs to.</param>
    /// <param name="map">Routes in place of the protocols, for tests of one of them. Null for all protocols.</param>
    /// <param name="cancellation">Ends the start.</param>
    /// <exception cref="StapesException">Another server has the data directory or an address; a file is missing or wrong.</exception>
    public static async Task<StapesServer> StartAsync(
        ServerSettings settings, ILoggerProvider log, Action<IEndpointRouteBuilder>? map, CancellationToken cancellation)
    {
        var serviceManager = ServiceManager.FromEnvironment();
        var data = await DataDirectory.OpenAsync(settings.Data, LibraryOptions(settings), cancellation);
        WebApplication? application = null;
        ServedImages? images = null;
        try
        {
            application = Build(settings, log, data);
            images = await ServedImages.OpenAsync(data.Library, settings, application.Logger, cancellation);
            application.Services.GetRequiredService<IdleMemory>().Register(images.Release);
            var server = new StapesServer(application, settings, serviceManager, data, images);
            if (map is null)
                application.MapProtocols(settings, data, images.Source, server.Identify);
            else
                map(application);
            await server.StartAsync(cancellation);
            return server;
        }
        catch
        {
            if (application is not null)
                await application.DisposeAsync();
            if (images is not null)
                await images.DisposeAsync();
            await data.DisposeAsync();
            serviceManager.Dispose();
            throw;
        }
    }

    /// <summary>Stops accepting, lets running requests finish for the time that the settings give, and ends the rest.</summary>
    public async Task StopAsync()
    {
        LogStopping(settings.StopTimeout.TotalSeconds);
        serviceManager.NotifyStopping();
        readiness.Stop();
        await application.StopAsync(CancellationToken.None);
        await stopping.CancelAsync();
        await background;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await background;
        await application.DisposeAsync();
        await images.DisposeAsync();
        File.Delete(settings.UnixSocket);
        await data.DisposeAsync();
        serviceManager.Dispose();
        stopping.Dispose();
    }

    private static LibraryOptions LibraryOptions(ServerSettings settings) =>
        new() { Grace = settings.Grace, PushGrace = settings.PushGrace, UploadLimit = settings.UploadLimit, FreeSpace = settings.FreeSpace };

    private ServerIdentity Identify() => NetworkIdentity.Of(Addresses, application.Services.GetRequiredService<Lazy<ServerCertificate>>().Value);

    private static WebApplication Build(ServerSettings settings, ILoggerProvider log, ServerData data)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "stapes", ContentRootPath = settings.Data });
        // A start that fails ends in an exception, which is told where the command ends.
        builder.Logging.AddProvider(log).SetMinimumLevel(settings.LogLevel).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            // It would log whole URLs, which may hold secrets.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(new ServerMetrics());
        builder.Services.AddSingleton(new Readiness());
        builder.Services.AddSingleton(new IdleMemory());
        builder.Services.AddSingleton<IdleTrimmer>();
        builder.Services.AddSingleton(data.Library);
        builder.Services.AddSingleton(data.Access);
        builder.Services.AddSingleton(new FailedAttempts(TimeProvider.System));
        if (settings.TrustAuthority is { } authority)
        {
            builder.Services.AddSingleton(s => ClientAuthority.Load(authority, settings.TrustRevocations, s.GetRequiredService<ILogger<ClientAuthority>>()));
            builder.Services.AddSingleton<IClientAuthority>(static s => s.GetRequiredService<ClientAuthority>());
        }

        builder.Services.AddSingleton(new RepositoryPolicy { Public = settings.PublicRepositories, IsProject = name => data.Access.State.Projects.ContainsKey(name) });
        builder.Services.AddSingleton(s => new RegistryPublishing(
            data.Library, s.GetRequiredService<RepositoryPolicy>(), new(data.Library, new()), s.GetRequiredService<ILogger<RegistryPublishing>>()));
        builder.Services.AddSingleton(new RegistryTokens(RegistryKey.FindOrCreate(settings.Data), TimeProvider.System, data.Access.Renew));
        // Before that of OIDC, which refuses what is not its own.
        builder.Services.AddSingleton<BearerVerifier>(static s => s.GetRequiredService<RegistryTokens>().VerifyAsync);
        if (settings.Oidc is { } oidc)
        {
            builder.Services.AddSingleton(_ => new OidcVerifier(oidc, TimeProvider.System));
            builder.Services.AddSingleton<BearerVerifier>(s => new OidcCallers(s.GetRequiredService<OidcVerifier>(), data.Access, settings.OidcRole).FindAsync);
        }

        builder.Services.AddSingleton(static s => new RequestAuthentication(
            s.GetRequiredService<AccessControl>(), s.GetRequiredService<FailedAttempts>(), s.GetService<IClientAuthority>(), [.. s.GetServices<BearerVerifier>()]));
        builder.Services.AddSingleton(s => new Lazy<ServerCertificate>(() => ServerCertificate.Load(
            settings.Certificate ?? SelfSignedCertificate.FindOrCreate(settings.Data), s.GetRequiredService<ILogger<ServerCertificate>>())));
        // Signals are the command's business.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = settings.StopTimeout);
        builder.WebHost.UseKestrelCore().UseSockets(SocketTransport.Configure).ConfigureKestrel(kestrel => Listeners.Configure(kestrel, settings));
        // After Kestrel's own, which it takes the place of.
        var blocks = new BlockPool();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(blocks);

        var application = builder.Build();
        var services = application.Services;
        services.GetRequiredService<IdleMemory>().Register(blocks.Clear);
        services.GetRequiredService<IdleMemory>().Register(PumpBlock.ReleaseSpare);
        var metrics = services.GetRequiredService<ServerMetrics>();
        application.Use(next => new RequestEdge(next, metrics, services.GetRequiredService<ILogger<RequestEdge>>()).InvokeAsync);
        if (settings.Oidc is { } issuer)
            application.Use(next => OidcCallers.AddChallenge(next, issuer));
        application.Use(next => new CallerEdge(next, services.GetRequiredService<RequestAuthentication>(), services.GetRequiredService<ILoggerFactory>()).InvokeAsync);
        application.UseRouting();
        application.Use(CallerEdge.AnswerRefused);
        application.MapHealth(services.GetRequiredService<Readiness>(), metrics, settings.Metrics);
        metrics.AddGauge("stapes_images", "Images in the store.", async c => (await data.Library.GetSnapshotAsync(c)).Images.Count);
        metrics.AddGauge("stapes_tags_without_image", "Tags of the registry that sqfstar can make no image of; the log says why.", _ => new(services.GetRequiredService<RegistryPublishing>().Left));
        services.GetRequiredService<Readiness>().AddCheck(async c => await ProblemOfAsync(data.Library, c));
        return application;
    }

    private static async ValueTask<string?> ProblemOfAsync(ImageLibrary library, CancellationToken cancellation)
    {
        try
        {
            await library.CheckAsync(cancellation);
            return null;
        }
        catch (StapesException e)
        {
            return e.Message;
        }
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        await application.StartAsync(cancellation);
        readiness.Start();
        background = Task.WhenAll(
            IgnoreStop(Library.RunCollectorAsync(e => LogCollector(e.Message), stopping.Token)),
            IgnoreStop(PublishAsync(stopping.Token)),
            IgnoreStop(FeedWatchdogAsync(stopping.Token)),
            IgnoreStop(application.Services.GetService<ClientAuthority>()?.WatchAsync(Access.NoteChangeElsewhere, stopping.Token) ?? Task.CompletedTask),
            IgnoreStop(application.Services.GetRequiredService<IdleTrimmer>().RunAsync(stopping.Token)));
        serviceManager.NotifyReady();
        var addresses = string.Join(", ", Addresses);
        LogStarted(settings.Data, addresses);
    }

    private Task PublishAsync(CancellationToken cancellation) => settings.PublishImages
        ? application.Services.GetRequiredService<RegistryPublishing>().RunAsync(cancellation)
        : Task.CompletedTask;

    private async Task FeedWatchdogAsync(CancellationToken cancellation)
    {
        if (serviceManager.Watchdog is not { } interval)
            return;
        using var timer = new PeriodicTimer(interval / 2);
        while (await timer.WaitForNextTickAsync(cancellation))
            serviceManager.NotifyAlive();
    }

    private static async Task IgnoreStop(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving {Data} at {Addresses}")]
    private partial void LogStarted(string data, string addresses);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping; running requests have {Seconds} seconds to finish")]
    private partial void LogStopping(double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Deleting unused files failed, and will be tried again: {Reason}")]
    private partial void LogCollector(string reason);

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
