using Stapes.Core.Library.Sqlite;

namespace Stapes.Core.Access.Sqlite;

/// <summary>Identities and projects in the tables beside the catalogue's. Its statements are those that PostgreSQL understands too.</summary>
internal sealed class SqliteAccessStore(SqliteDatabase database) : IAccessStore
{
    public Task<AccessState> LoadAsync(CancellationToken cancellation) =>
        database.ReadAsync(static session => new AccessRows(session).ReadAll(), cancellation);

    public Task<AccessState> ChangeAsync(AccessChange change, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            var rows = new AccessRows(session);
            var present = rows.ReadAll();
            var next = change(present, rows.UseOf);
            // Unchanged records are the same objects: what differs is what changed.
            foreach (var (key, _) in present.Identities.Where(i => !ReferenceEquals(next.Identities.GetValueOrDefault(i.Key), i.Value)))
                rows.Delete(key);
            foreach (var (_, identity) in next.Identities.Where(i => !ReferenceEquals(present.Identities.GetValueOrDefault(i.Key), i.Value)))
                rows.Insert(identity);
            foreach (var hash in present.TrustTokens.Keys.Where(h => !next.TrustTokens.ContainsKey(h)))
                rows.DeleteTrustToken(hash);
            foreach (var (_, token) in next.TrustTokens.Where(t => !present.TrustTokens.ContainsKey(t.Key)))
                rows.Insert(token);
            foreach (var (name, _) in present.Projects.Where(p => next.Projects.GetValueOrDefault(p.Key) != p.Value))
                rows.DeleteProject(name);
            foreach (var (_, project) in next.Projects.Where(p => present.Projects.GetValueOrDefault(p.Key) != p.Value))
                rows.Insert(project);
            return next;
        }, durable: true, cancellation);
}
