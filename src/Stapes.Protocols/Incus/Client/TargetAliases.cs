using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Client;

/// <summary>The aliases that an image is to get on a server, by what they are there now.</summary>
/// <param name="New">Those that do not exist.</param>
/// <param name="Taken">Those that lead to another image and shall lead to this one.</param>
internal sealed record TargetAliases(IReadOnlyList<string> New, IReadOnlyList<AliasRecord> Taken)
{
    /// <exception cref="StapesException">Conflict: an alias leads to another image, and may not be taken from it.</exception>
    public static async Task<TargetAliases> LookAsync(IncusClient server, string fingerprint, ImageAddOptions options, CancellationToken cancellation)
    {
        var (free, taken) = (new List<string>(), new List<AliasRecord>());
        foreach (var name in options.Aliases.Select(static a => a.Name).Distinct())
        {
            if (await server.FindAliasAsync(name, cancellation) is not { } alias)
                free.Add(name);
            else if (alias.Target != fingerprint && options.ReplaceAliases)
                taken.Add(alias);
            else if (alias.Target != fingerprint)
                throw new StapesException(ErrorKind.Conflict, $"The alias \"{name}\" leads to the image {alias.Target[..Math.Min(12, alias.Target.Length)]} already; choose another, or take it with --reuse");
        }

        return new(free, taken);
    }

    /// <summary>Has the taken ones lead to the image.</summary>
    public async Task MoveAsync(IncusClient server, string fingerprint, CancellationToken cancellation)
    {
        foreach (var alias in Taken)
            await server.MoveAliasAsync(alias, fingerprint, cancellation);
    }
}
