using Microsoft.Extensions.Logging;
using Stapes.Core.Library;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Hosting;

/// <summary>Everything that a server shows: its library, and beside it the trees that it was given.</summary>
internal sealed class ServedImages : IAsyncDisposable
{
    private readonly ImageLibrary library;
    private readonly IReadOnlyList<TreeSource> trees;
    private readonly CombinedSource? combined;

    private ServedImages(ImageLibrary library, IReadOnlyList<TreeSource> trees)
    {
        this.library = library;
        this.trees = trees;
        combined = trees.Count == 0 ? null : new([library, .. trees]);
        Source = combined ?? (IImageSource)library;
    }

    public IImageSource Source { get; }

    /// <exception cref="Core.StapesException">NotFound: a tree does not exist.</exception>
    public static async Task<ServedImages> OpenAsync(ImageLibrary library, ServerSettings settings, ILogger logger, CancellationToken cancellation)
    {
        var trees = new List<TreeSource>();
        try
        {
            foreach (var directory in settings.Trees)
                trees.Add(await TreeSource.OpenAsync(directory, logger, settings.Grace, cancellation));
            return new(library, trees);
        }
        catch
        {
            foreach (var tree in trees)
                await tree.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets go of what can be read again.</summary>
    public void Release()
    {
        combined?.ReleaseSnapshot();
        library.ReleaseSnapshot();
    }

    public async ValueTask DisposeAsync()
    {
        combined?.Dispose();
        foreach (var tree in trees)
            await tree.DisposeAsync();
    }
}
