using Stapes.Core.Access;
using Stapes.Core.Library;

namespace Stapes.Core.Repositories;

/// <summary>Which project a repository belongs to, and whether strangers may pull from it: its name decides both.</summary>
public sealed record RepositoryPolicy
{
    /// <summary>Nothing is public, and everything in the default project.</summary>
    public static RepositoryPolicy Private { get; } = new();

    /// <summary>Names of public repositories; <c>*</c> stands for any characters, slashes too.</summary>
    public IReadOnlyList<string> Public { get; init; } = [];

    /// <summary>Whether there is a project of that name.</summary>
    public Func<string, bool> IsProject { get; init; } = static name => name == Image.DefaultProject;

    /// <summary>The project named by the first part of the repository's name, where there is one; else the default project.</summary>
    public string ProjectOf(string repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var slash = repository.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && IsProject(repository[..slash]) ? repository[..slash] : Image.DefaultProject;
    }

    /// <summary>Whether anybody may pull.</summary>
    public bool IsPublic(string repository) => Public.Any(p => Matches(p, repository));

    public bool MayPull(Caller caller, string repository)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return IsPublic(repository) || caller.MaySeePrivate(ProjectOf(repository));
    }

    public bool MayPush(Caller caller, string repository)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.MayWrite(ProjectOf(repository));
    }

    /// <summary>Goes back to the last star only, so that no pattern takes more than length times length.</summary>
    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (star, mark) = (p++, t);
            else if (p < pattern.Length && pattern[p] == text[t])
                (p, t) = (p + 1, t + 1);
            else if (star >= 0)
                (p, t) = (star + 1, ++mark);
            else
                return false;
        }

        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }
}
