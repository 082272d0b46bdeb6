namespace Stapes.Core.Library.Sqlite;

/// <summary>Collects what a transaction touches, and reads its final state when all is written.</summary>
internal sealed class ChangeSet
{
    private readonly SqliteSession session;
    private readonly HashSet<ImageKey> images = [];
    private readonly HashSet<AliasKey> aliases = [];

    public ChangeSet(SqliteSession session)
    {
        this.session = session;
        var pool = new StringPool();
        Images = new(session, pool);
        Aliases = new(session, pool);
        Blobs = new(session);
    }

    public ImageRows Images { get; }

    public AliasRows Aliases { get; }

    public BlobRows Blobs { get; }

    public void Touch(ImageKey image) => images.Add(image);

    /// <summary>Notes an alias, as it is now, with the images that it leads to; to be called before and after it changes.</summary>
    public void Touch(Alias? alias)
    {
        if (alias is null)
            return;
        aliases.Add(alias.Key);
        foreach (var target in alias.Targets)
            images.Add(new(alias.Project, target.Fingerprint));
    }

    /// <summary>Counts the change.</summary>
    public CatalogChange Finish()
    {
        var generation = session.QuerySingle("UPDATE catalog SET generation = generation + 1 RETURNING generation", static row => row.GetInt64(0));
        return new(generation, images.ToDictionary(static k => k, ReadImage), aliases.ToDictionary(static k => k, Aliases.Find));
    }

    /// <summary>An image's row with the aliases that lead to it.</summary>
    public Image WithAliases(Image image)
    {
        var names = Aliases.Of(image.Key).Select(k => Aliases.Find(k)!).Select(static a => new ImageAlias(a.Name, a.Description));
        return image with { Aliases = [.. names.OrderBy(static a => a.Name, StringComparer.Ordinal)] };
    }

    private Image? ReadImage(ImageKey key) => Images.Find(key) is { } image ? WithAliases(image) : null;
}
