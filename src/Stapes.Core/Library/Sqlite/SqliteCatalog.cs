using System.Globalization;
using Stapes.Core.Access;
using Stapes.Core.Access.Sqlite;
using Stapes.Core.Images;
using Stapes.Core.Repositories;

namespace Stapes.Core.Library.Sqlite;

/// <summary>The catalogue in an SQLite file. Its statements are those that PostgreSQL understands too.</summary>
public sealed class SqliteCatalog : ICatalog
{
    private readonly SqliteDatabase database;

    private SqliteCatalog(SqliteDatabase database)
    {
        this.database = database;
        Repositories = new SqliteRepositories(database);
    }

    public IRepositoryCatalog Repositories { get; }

    /// <summary>Who may do what, in the same file; not to be used after the catalogue is disposed.</summary>
    public IAccessStore Access => new SqliteAccessStore(database);

    /// <summary>Opens a catalogue; a missing file is made, in a directory that exists.</summary>
    /// <exception cref="StapesException">Unavailable: the file is no catalogue, damaged, of a newer version, or cannot be written.</exception>
    public static SqliteCatalog Open(string file) => new(SqliteDatabase.Open(file));

    public Task<ImageSnapshot> LoadAsync(CancellationToken cancellation) => database.ReadAsync(static session =>
    {
        var pool = new StringPool();
        var generation = GenerationOf(session);
        var aliases = new AliasRows(session, pool).ReadAll();
        var shown = aliases
            .SelectMany(static a => a.Targets.Select(t => (Key: new ImageKey(a.Project, t.Fingerprint), Alias: new ImageAlias(a.Name, a.Description))))
            .OrderBy(static p => p.Alias.Name, StringComparer.Ordinal)
            .ToLookup(static p => p.Key, static p => p.Alias);
        var images = new ImageRows(session, pool).ReadAll()
            .Select(i => shown.Contains(i.Key) ? i with { Aliases = [.. shown[i.Key]] } : i);
        return ImageSnapshot.Create(generation, images, aliases);
    }, cancellation);

    public Task<long> GetGenerationAsync(CancellationToken cancellation) => database.ReadAsync(GenerationOf, cancellation);

    public Task<bool> TryClaimAsync(Guid claim, IReadOnlyCollection<ImageFile> files, CancellationToken cancellation) =>
        database.WriteAsync(session => new BlobRows(session).TryClaim(NameOf(claim), files), durable: false, cancellation);

    public Task ReleaseClaimAsync(Guid claim, CancellationToken cancellation) => database.FreeAsync(
        session =>
        {
            new BlobRows(session).Unclaim(NameOf(claim));
            return true;
        }, durable: false, cancellation);

    public Task ReleaseAllClaimsAsync(CancellationToken cancellation) => database.FreeAsync(
        static session =>
        {
            new BlobRows(session).UnclaimAll();
            return true;
        }, durable: false, cancellation);

    public Task<CatalogChange> AddImageAsync(Guid claim, Image image, bool replaceAliases, CancellationToken cancellation) => ChangeAsync(
        changes =>
        {
            if (changes.Images.Exists(image.Key))
                throw new StapesException(ErrorKind.Conflict, $"The image {image.Key} exists already: delete it first, or edit it in place");
            changes.Images.Insert(image);
            changes.Blobs.Refer(NameOf(claim), BlobRows.FilesOf(image));
            changes.Touch(image.Key);
            foreach (var alias in image.Aliases)
                AliasChanges.Lead(changes, alias, image, replaceAliases);
        }, cancellation);

    public Task<CatalogChange> UpdateImageAsync(ImageKey key, Func<Image, Image> change, CancellationToken cancellation) => ChangeAsync(
        changes =>
        {
            var present = changes.Images.Find(key) ?? throw Unknown(key);
            changes.Images.Update(CheckUpdate(present, change(changes.WithAliases(present))));
            changes.Touch(key);
        }, cancellation);

    public Task<CatalogChange> DeleteImageAsync(
        ImageKey key, Action<Image> precondition, DateTimeOffset now, CancellationToken cancellation) => database.FreeAsync(
        session =>
        {
            var changes = new ChangeSet(session);
            var image = changes.Images.Find(key) ?? throw Unknown(key);
            precondition(changes.WithAliases(image));
            AliasChanges.Forget(changes, key);
            changes.Images.Delete(key);
            changes.Blobs.Release(image, now);
            changes.Touch(key);
            return changes.Finish();
        }, durable: true, cancellation);

    public Task TouchImageAsync(ImageKey key, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            new ImageRows(session, new()).Touch(key, now);
            return true;
        }, durable: false, cancellation);

    public Task<CatalogChange> ChangeAliasAsync(AliasKey key, Func<Alias?, Alias?> change, CancellationToken cancellation) =>
        ChangeAsync(changes => AliasChanges.Apply(changes, key, change), cancellation);

    public Task<bool> IsVisibleAsync(Sha256Digest digest, Audience audience, DateTimeOffset deletedAfter, CancellationToken cancellation) =>
        database.ReadAsync(session => new BlobRows(session).IsVisible(digest, audience, deletedAfter), cancellation);

    public Task<IReadOnlyList<Sha256Digest>> MarkAsync(DateTimeOffset releasedBefore, int limit, CancellationToken cancellation) =>
        database.FreeAsync<IReadOnlyList<Sha256Digest>>(
            session => new BlobRows(session).Mark(releasedBefore, limit), durable: false, cancellation);

    public Task<IReadOnlyList<Sha256Digest>> MarkUnknownAsync(IReadOnlyCollection<Sha256Digest> stored, CancellationToken cancellation) =>
        database.WriteAsync<IReadOnlyList<Sha256Digest>>(
            session => [.. stored.Where(new BlobRows(session).MarkUnknown)], durable: false, cancellation);

    public Task ForgetAsync(IReadOnlyCollection<Sha256Digest> marked, CancellationToken cancellation) => database.FreeAsync(
        session =>
        {
            foreach (var digest in marked)
                new BlobRows(session).Forget(digest);
            return true;
        }, durable: false, cancellation);

    public ValueTask DisposeAsync()
    {
        database.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<CatalogChange> ChangeAsync(Action<ChangeSet> action, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            var changes = new ChangeSet(session);
            action(changes);
            return changes.Finish();
        }, durable: true, cancellation);

    private static long GenerationOf(SqliteSession session) =>
        session.QuerySingle("SELECT generation FROM catalog", static row => row.GetInt64(0));

    private static Image CheckUpdate(Image present, Image next) =>
        (next.Key, next.Type, next.Architecture, next.MetadataFile, next.RootFile, next.RootFormat)
            == (present.Key, present.Type, present.Architecture, present.MetadataFile, present.RootFile, present.RootFormat)
            ? next
            : throw new ArgumentException("An update keeps the image's identity, its files, its type and its architecture.", nameof(next));

    private static StapesException Unknown(ImageKey key) =>
        new(ErrorKind.NotFound, $"There is no image {key}: list the images to see which there are");

    private static string NameOf(Guid claim) => claim.ToString("N", CultureInfo.InvariantCulture);
}
