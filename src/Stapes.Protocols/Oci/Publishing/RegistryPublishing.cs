using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Stapes.Core;
using Stapes.Core.Library;
using Stapes.Core.Repositories;

namespace Stapes.Protocols.Oci.Publishing;

/// <summary>
/// Makes and takes back the images of tags as they change, behind the backs of those who push. One tag at a time: anybody may push, and a
/// conversion takes a core and the disk. What a stopped or killed server had left to do, the next one finds in the catalogue.
/// </summary>
public sealed partial class RegistryPublishing : IDisposable
{
    private const int Batch = 100;

    /// <summary>Until a full disk or a broken part is tried again, if nothing changes before.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromHours(1);

    private readonly ImageLibrary library;
    private readonly RepositoryPolicy policy;
    private readonly ImagePublisher publisher;
    private readonly ILogger logger;
    private readonly Queue<string> waiting = new();
    private readonly HashSet<string> isWaiting = new(StringComparer.Ordinal);
    private readonly HashSet<string> failed = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim work = new(0);

    /// <summary>Tags by their names, and the manifests of which sqfstar could make nothing.</summary>
    private readonly ConcurrentDictionary<(string Repository, string Tag), PublishedTag> left = new();

    public RegistryPublishing(ImageLibrary library, RepositoryPolicy policy, ImagePublisher publisher, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(library);
        this.library = library;
        this.policy = policy;
        this.publisher = publisher;
        this.logger = logger;
        library.Repositories.Changed += OnChanged;
    }

    /// <summary>How many tags sqfstar can make no image of; the log says why.</summary>
    public int Left => left.Count;

    private IPublishedTags Published => library.Repositories.Published;

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await TryAsync("the registry", () => EnqueueAllAsync(cancellation));
        while (true)
        {
            if (!await work.WaitAsync(Retry, cancellation))
            {
                foreach (var repository in failed)
                    Enqueue(repository);
                failed.Clear();
                continue;
            }

            var next = Dequeue();
            if (!await TryAsync(next, () => PublishAsync(next, cancellation)))
                failed.Add(next);
        }
    }

    public void Dispose()
    {
        library.Repositories.Changed -= OnChanged;
        work.Dispose();
    }

    private async Task EnqueueAllAsync(CancellationToken cancellation)
    {
        // Those that are gone may have left images.
        foreach (var list in (Func<string, int, CancellationToken, Task<IReadOnlyList<string>>>[])[library.Repositories.ListAsync, Published.ListRepositoriesAsync])
        {
            IReadOnlyList<string> some;
            for (var last = ""; (some = await list(last, Batch, cancellation)).Count > 0; last = some[^1])
            {
                foreach (var repository in some)
                    Enqueue(repository);
            }
        }
    }

    private async Task PublishAsync(string repository, CancellationToken cancellation)
    {
        var (project, isPublic) = (policy.ProjectOf(repository), policy.IsPublic(repository));
        IReadOnlyList<string> changed;
        for (var last = ""; (changed = await Published.ListChangedAsync(repository, project, isPublic, last, Batch, cancellation)).Count > 0; last = changed[^1])
        {
            foreach (var name in changed)
            {
                if (!await TryAsync($"{repository}:{name}", () => PublishTagAsync(
                    new() { Repository = repository, Tag = name, Digest = "", Project = project, IsPublic = isPublic }, cancellation)))
                {
                    failed.Add(repository);
                }
            }
        }
    }

    private async Task PublishTagAsync(PublishedTag tag, CancellationToken cancellation)
    {
        if (await library.Repositories.FindTaggedAsync(tag.Repository, tag.Tag, cancellation) is not { } manifest)
        {
            await publisher.WithdrawAsync(tag, cancellation);
            left.TryRemove((tag.Repository, tag.Tag), out _);
            return;
        }

        tag = tag with { Digest = manifest.Digest };
        if (left.TryGetValue((tag.Repository, tag.Tag), out var before) && (before.Digest, before.Project, before.IsPublic) == (tag.Digest, tag.Project, tag.IsPublic))
            return;
        var source = new PublishedManifest(
            tag.Repository, tag.Tag, manifest.MediaType, manifest.Content.ToArray(), (descriptor, token) => OpenAsync(tag.Repository, descriptor, token));
        var (images, failures, why) = await publisher.PublishAsync(source, tag, cancellation);
        if (why is not null)
            left[(tag.Repository, tag.Tag)] = tag;
        else
            left.TryRemove((tag.Repository, tag.Tag), out _);
        foreach (var image in images)
            LogPublished(tag.Repository, tag.Tag, image.Key, image.Architecture.Name);
        if (why is not null)
            LogLeft(tag.Repository, tag.Tag, why);
        if (failures.Count > 0)
            LogRefused(tag.Repository, tag.Tag, failures[0]);
    }

    private async ValueTask<Stream> OpenAsync(string repository, OciDescriptor descriptor, CancellationToken cancellation)
    {
        var digest = descriptor.Digest ?? "";
        if (OciMediaTypes.IsManifest(descriptor.MediaType) || OciMediaTypes.IsIndex(descriptor.MediaType))
        {
            return await library.Repositories.FindManifestAsync(repository, digest, cancellation) is { } manifest
                ? new MemoryStream(manifest.Content.ToArray(), writable: false)
                : throw Missing(repository, digest);
        }

        var blob = await library.Repositories.FindBlobAsync(repository, digest, cancellation) is { } found
            ? await library.Repositories.OpenBlobAsync(found, cancellation)
            : null;
        return blob?.AsStream() ?? throw Missing(repository, digest);
    }

    private static StapesException Missing(string repository, string digest) =>
        new(ErrorKind.NotFound, $"{repository} does not have {digest}: push the image again");

    /// <returns>False when it is worth another attempt.</returns>
    private async Task<bool> TryAsync(string what, Func<Task> attempt)
    {
        try
        {
            await attempt();
            return true;
        }
        catch (Exception e) when (e is StapesException or IOException or UnauthorizedAccessException)
        {
            LogFailed(what, e.Message);
            return false;
        }
    }

    private void OnChanged(object? sender, RepositoryChangedEventArgs change) => Enqueue(change.Repository);

    private void Enqueue(string repository)
    {
        lock (waiting)
        {
            if (!isWaiting.Add(repository))
                return;
            waiting.Enqueue(repository);
            work.Release();
        }
    }

    private string Dequeue()
    {
        lock (waiting)
        {
            var repository = waiting.Dequeue();
            isWaiting.Remove(repository);
            return repository;
        }
    }

    [LoggerMessage(LogLevel.Information, "{Repository}:{Tag} is the image {Image} for {Architecture}")]
    private partial void LogPublished(string repository, string tag, ImageKey image, string architecture);

    [LoggerMessage(LogLevel.Warning, "{Repository}:{Tag} cannot be offered as an image: {Reason}")]
    private partial void LogRefused(string repository, string tag, string reason);

    [LoggerMessage(LogLevel.Error, "{Repository}:{Tag} cannot be offered as an image until it changes or the server starts with another sqfstar: {Reason}")]
    private partial void LogLeft(string repository, string tag, string reason);

    [LoggerMessage(LogLevel.Error, "Images of {What} could not be made, which will be tried again: {Reason}")]
    private partial void LogFailed(string what, string reason);
}
