using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Stapes.Core.Library.Sqlite;

namespace Stapes.Core.Access.Sqlite;

/// <summary>The tables of identities, trust tokens and projects.</summary>
internal sealed class AccessRows(SqliteSession session)
{
    private static readonly (string Name, IdentityKind Kind)[] Kinds =
        [("certificate", IdentityKind.Certificate), ("token", IdentityKind.Token), ("oidc", IdentityKind.Oidc)];

    private readonly StringPool pool = new();

    public AccessState ReadAll() => new()
    {
        Identities = session.Query(
            "SELECT kind, id, name, description, role, restricted, projects, certificate, created_at, expires_at FROM identities",
            ReadIdentity).ToImmutableDictionary(static i => i.Key),
        TrustTokens = session.Query(
            "SELECT hash, id, name, description, role, restricted, projects, created_at, expires_at FROM trust_tokens",
            ReadTrustToken).ToImmutableDictionary(static t => t.Hash),
        Projects = session.Query("SELECT name, description FROM projects", static row => new Project(row.GetString(0), row.GetString(1)))
            .ToImmutableDictionary(static p => p.Name),
    };

    public ProjectUse UseOf(string project) => new(
        session.Exists("SELECT 1 FROM images WHERE project = @project LIMIT 1", ("@project", project))
            || session.Exists("SELECT 1 FROM aliases WHERE project = @project LIMIT 1", ("@project", project)),
        session.Exists("SELECT 1 FROM repositories WHERE substr(name, 1, length(@project) + 1) = @project || '/' LIMIT 1", ("@project", project)));

    public void Insert(Identity identity) => session.Execute(
        """
        INSERT INTO identities (kind, id, name, description, role, restricted, projects, certificate, created_at, expires_at)
        VALUES (@kind, @id, @name, @description, @role, @restricted, @projects, @certificate, @created, @expires)
        """,
        ("@kind", NameOf(identity.Kind)), ("@id", identity.Id), ("@name", identity.Name), ("@description", identity.Description),
        ("@role", identity.Role.ToName()), ("@restricted", identity.Restricted), ("@projects", CatalogJson.Write(identity.Projects)),
        ("@certificate", identity.Certificate), ("@created", identity.CreatedAt.ToUnixTimeMilliseconds()),
        ("@expires", identity.ExpiresAt?.ToUnixTimeMilliseconds()));

    public void Delete(IdentityKey key) =>
        session.Execute("DELETE FROM identities WHERE kind = @kind AND id = @id", ("@kind", NameOf(key.Kind)), ("@id", key.Id));

    public void Insert(TrustToken token) => session.Execute(
        """
        INSERT INTO trust_tokens (hash, id, name, description, role, restricted, projects, created_at, expires_at)
        VALUES (@hash, @id, @name, @description, @role, @restricted, @projects, @created, @expires)
        """,
        ("@hash", token.Hash), ("@id", token.Id.ToString("D")), ("@name", token.Name), ("@description", token.Description),
        ("@role", token.Role.ToName()), ("@restricted", token.Restricted), ("@projects", CatalogJson.Write(token.Projects)),
        ("@created", token.CreatedAt.ToUnixTimeMilliseconds()), ("@expires", token.ExpiresAt?.ToUnixTimeMilliseconds()));

    public void DeleteTrustToken(string hash) => session.Execute("DELETE FROM trust_tokens WHERE hash = @hash", ("@hash", hash));

    public void Insert(Project project) => session.Execute(
        "INSERT INTO projects (name, description) VALUES (@name, @description)", ("@name", project.Name), ("@description", project.Description));

    public void DeleteProject(string name) => session.Execute("DELETE FROM projects WHERE name = @name", ("@name", name));

    private Identity ReadIdentity(SqliteDataReader row) => new()
    {
        Kind = Kinds.First(k => k.Name == row.GetString(0)).Kind,
        Id = row.GetString(1),
        Name = row.GetString(2),
        Description = row.GetString(3),
        Role = ReadRole(row.GetString(4)),
        Restricted = row.GetBoolean(5),
        Projects = CatalogJson.ReadNames(row.GetString(6), pool),
        Certificate = row.GetString(7),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8)),
        ExpiresAt = row.IsDBNull(9) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(9)),
    };

    private TrustToken ReadTrustToken(SqliteDataReader row) => new()
    {
        Hash = row.GetString(0),
        Id = Guid.Parse(row.GetString(1)),
        Name = row.GetString(2),
        Description = row.GetString(3),
        Role = ReadRole(row.GetString(4)),
        Restricted = row.GetBoolean(5),
        Projects = CatalogJson.ReadNames(row.GetString(6), pool),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7)),
        ExpiresAt = row.IsDBNull(8) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(8)),
    };

    private static Role ReadRole(string name) =>
        RoleNames.TryParse(name, out var role) ? role : throw new FormatException($"the role {name} of an identity is none");

    private static string NameOf(IdentityKind kind) => Kinds.First(k => k.Kind == kind).Name;
}
