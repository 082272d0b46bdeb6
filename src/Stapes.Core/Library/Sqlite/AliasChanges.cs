using Stapes.Core.Images;

namespace Stapes.Core.Library.Sqlite;

/// <summary>What happens to aliases in a transaction: they lead to one image of each type and architecture, and to none that is not there.</summary>
internal static class AliasChanges
{
    /// <summary>Leads an alias to an image.</summary>
    public static void Lead(ChangeSet changes, ImageAlias alias, Image image, bool replace)
    {
        var present = changes.Aliases.Find(new(image.Project, alias.Name));
        changes.Touch(present);
        var others = (present?.Targets ?? []).Where(t => (t.Type, t.Architecture) != (image.Type, image.Architecture)).ToList();
        if (present is not null && others.Count < present.Targets.Count && !replace)
        {
            throw new StapesException(ErrorKind.Conflict,
                $"The alias {present.Key} leads to another image for {image.Type.ToName()} {image.Architecture}: delete it or choose another name");
        }

        var next = new Alias
        {
            Project = image.Project,
            Name = alias.Name,
            Description = alias.Description.Length > 0 ? alias.Description : present?.Description ?? "",
            Targets = [.. others, new(image.Type, image.Architecture, image.Fingerprint)],
        };
        changes.Aliases.Put(next);
        changes.Touch(next);
    }

    /// <summary>Takes an image out of all aliases; those that lead to nothing then are deleted.</summary>
    public static void Forget(ChangeSet changes, ImageKey image)
    {
        foreach (var alias in changes.Aliases.Of(image).Select(key => changes.Aliases.Find(key)!).ToList())
        {
            changes.Touch(alias);
            Put(changes, alias with { Targets = [.. alias.Targets.Where(t => t.Fingerprint != image.Fingerprint)] });
        }
    }

    /// <summary>Puts what a delegate makes of an alias in its place.</summary>
    public static void Apply(ChangeSet changes, AliasKey key, Func<Alias?, Alias?> change)
    {
        var present = changes.Aliases.Find(key);
        changes.Touch(present);
        var next = change(present);
        if (next is not null && next.Key != key)
        {
            if (next.Project != key.Project)
                throw new ArgumentException("An alias stays in its project.", nameof(change));
            if (changes.Aliases.Find(next.Key) is not null)
                throw new StapesException(ErrorKind.Conflict, $"The alias {next.Key} exists already: delete it or choose another name");
        }

        changes.Aliases.Delete(key);
        if (next is null)
            return;
        next = next with { Targets = [.. next.Targets.Select(t => Resolve(changes, next, t.Fingerprint)).Distinct()] };
        if (next.Targets.GroupBy(static t => (t.Type, t.Architecture)).FirstOrDefault(static g => g.Count() > 1) is { } clash)
        {
            throw new StapesException(ErrorKind.Conflict,
                $"The alias {next.Key} would lead to {clash.Count()} images for {clash.Key.Type.ToName()} {clash.Key.Architecture}: keep one of them");
        }

        Put(changes, next);
        changes.Touch(next);
    }

    private static void Put(ChangeSet changes, Alias alias)
    {
        if (alias.Targets.Count > 0)
            changes.Aliases.Put(alias);
        else
            changes.Aliases.Delete(alias.Key);
    }

    private static AliasTarget Resolve(ChangeSet changes, Alias alias, Sha256Digest fingerprint)
    {
        var image = changes.Images.Find(new(alias.Project, fingerprint))
            ?? throw new StapesException(ErrorKind.NotFound,
                $"The alias {alias.Key} cannot lead to the image {fingerprint}: there is none; list the images to see which there are");
        return new(image.Type, image.Architecture, fingerprint);
    }
}
