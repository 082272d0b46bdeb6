using System.Buffers;
using System.CommandLine;
using System.CommandLine.Completions;
using Stapes.Commands.Remote;
using Stapes.Core;
using Stapes.Remotes;

namespace Stapes.Commands.Image;

/// <summary>
/// What a shell offers for a word that names an image: remotes, and the aliases of one when it is named. It never asks anything, never says
/// what is wrong, and is over in a moment: whoever types waits for it.
/// </summary>
internal static class ImageCompletion
{
    /// <summary>How long a server may take to list its images, when nothing is kept of it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Others would have to be quoted, in a way that each shell has of its own; and servers choose the names.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/+@%=:~");

    /// <summary>For a word that can only be a remote, <c>REMOTE:</c>.</summary>
    public static IEnumerable<CompletionItem> Remotes(CompletionContext context) => RemoteArgument.Names(context.ParseResult).Select(static name => new CompletionItem($"{name}:"));

    /// <summary>For <c>[REMOTE:]ALIAS</c>.</summary>
    public static IEnumerable<CompletionItem> Images(CompletionContext context)
    {
        var word = context.WordToComplete;
        var end = word.IndexOf(':', StringComparison.Ordinal);
        var remotes = end < 0 && !RemoteBook.IsPath(word) ? Remotes(context) : [];
        return remotes.Concat(Aliases(context, word).Select(static alias => new CompletionItem(alias)));
    }

    extension(Argument argument)
    {
        /// <summary>Has shells offer words for an argument; its help keeps its name, in whose place it would have them too.</summary>
        public void Offer(Func<CompletionContext, IEnumerable<CompletionItem>> words)
        {
            argument.HelpName = argument.Name;
            argument.CompletionSources.Add(words);
        }
    }

    private static IReadOnlyList<string> Aliases(CompletionContext context, string word)
    {
        try
        {
            // Only a directory that a colon ends is known to be meant.
            if (RemoteBook.IsPath(word) && !word.Contains(':', StringComparison.Ordinal))
                return [];
            using var patience = new CancellationTokenSource(Patience);
            // What does not heed the end of patience is left behind; the process ends anyway.
            var listing = Task.Run(() => ListAsync(RemoteOptions.Book(context.ParseResult, static _ => { }), word, patience.Token));
            return listing.Wait(Patience) ? listing.Result : [];
        }
        catch (AggregateException e) when (e.InnerException is StapesException or IOException or UnauthorizedAccessException or OperationCanceledException or HttpRequestException)
        {
            // A place that cannot be asked has no names to offer.
            return [];
        }
    }

    private static async Task<IReadOnlyList<string>> ListAsync(RemoteBook book, string word, CancellationToken cancellation)
    {
        var place = book.Parse(word);
        if (place.Place.Remote?.Protocol == ConfiguredRemote.Oci)
            return [];
        var before = word[..(word.Length - place.Name.Length)];
        using var remote = book.OpenQuickly(place.Place);
        return [.. (await remote.ListAsync(cancellation)).SelectMany(static i => i.Aliases).Select(static a => a.Name).Distinct()
            .Where(name => name.StartsWith(place.Name, StringComparison.Ordinal) && !name.AsSpan().ContainsAnyExcept(Plain)).Order(StringComparer.Ordinal).Select(name => before + name)];
    }
}
