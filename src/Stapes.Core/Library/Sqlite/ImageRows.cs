using Microsoft.Data.Sqlite;
using Stapes.Core.Images;

namespace Stapes.Core.Library.Sqlite;

/// <summary>The table of images. A row is read without its aliases.</summary>
internal sealed class ImageRows(SqliteSession session, StringPool pool)
{
    private const string Columns =
        """
        project, fingerprint, type, architecture, file_name, public, auto_update, cached, properties, profiles,
        created_at, expires_at, uploaded_at, last_used_at, update_source,
        metadata_digest, metadata_size, metadata_extension, root_digest, root_size, root_extension, root_format
        """;

    public List<Image> ReadAll() => session.Query($"SELECT {Columns} FROM images", Read);

    public Image? Find(ImageKey key) => session.QuerySingle(
        $"SELECT {Columns} FROM images WHERE project = @project AND fingerprint = @fingerprint",
        Read, ("@project", key.Project), ("@fingerprint", key.Fingerprint.Hex));

    public bool Exists(ImageKey key) => session.Exists(
        "SELECT 1 FROM images WHERE project = @project AND fingerprint = @fingerprint",
        ("@project", key.Project), ("@fingerprint", key.Fingerprint.Hex));

    public void Insert(Image image) => session.Execute(
        $"""
        INSERT INTO images ({Columns})
        VALUES (@project, @fingerprint, @type, @architecture, @file_name, @public, @auto_update, @cached, @properties, @profiles,
            @created_at, @expires_at, @uploaded_at, @last_used_at, @update_source,
            @metadata_digest, @metadata_size, @metadata_extension, @root_digest, @root_size, @root_extension, @root_format)
        """,
        [
            .. Changeable(image),
            ("@type", image.Type.ToName()),
            ("@architecture", image.Architecture.Name),
            ("@metadata_digest", image.MetadataFile.Digest.Hex),
            ("@metadata_size", image.MetadataFile.Size),
            ("@metadata_extension", image.MetadataFile.Extension),
            ("@root_digest", image.RootFile?.Digest.Hex),
            ("@root_size", image.RootFile?.Size),
            ("@root_extension", image.RootFile?.Extension),
            ("@root_format", image.RootFormat is { } format ? NameOf(format) : null),
        ]);

    /// <summary>Writes what may change of an image.</summary>
    public void Update(Image image) => session.Execute(
        """
        UPDATE images
        SET file_name = @file_name, public = @public, auto_update = @auto_update, cached = @cached, properties = @properties,
            profiles = @profiles, created_at = @created_at, expires_at = @expires_at, uploaded_at = @uploaded_at,
            last_used_at = @last_used_at, update_source = @update_source
        WHERE project = @project AND fingerprint = @fingerprint
        """,
        Changeable(image));

    /// <summary>The key of an image and what may change of it.</summary>
    private static (string Name, object? Value)[] Changeable(Image image) =>
    [
        ("@project", image.Project),
        ("@fingerprint", image.Fingerprint.Hex),
        ("@file_name", image.FileName),
        ("@public", image.Public),
        ("@auto_update", image.AutoUpdate),
        ("@cached", image.Cached),
        ("@properties", CatalogJson.Write(image.Properties)),
        ("@profiles", CatalogJson.Write(image.Profiles)),
        ("@created_at", image.CreatedAt.ToUnixTimeMilliseconds()),
        ("@expires_at", image.ExpiresAt?.ToUnixTimeMilliseconds()),
        ("@uploaded_at", image.UploadedAt.ToUnixTimeMilliseconds()),
        ("@last_used_at", image.LastUsedAt?.ToUnixTimeMilliseconds()),
        ("@update_source", CatalogJson.Write(image.UpdateSource)),
    ];

    public void Touch(ImageKey key, DateTimeOffset now) => session.Execute(
        "UPDATE images SET last_used_at = @now WHERE project = @project AND fingerprint = @fingerprint",
        ("@now", now.ToUnixTimeMilliseconds()), ("@project", key.Project), ("@fingerprint", key.Fingerprint.Hex));

    public void Delete(ImageKey key) => session.Execute(
        "DELETE FROM images WHERE project = @project AND fingerprint = @fingerprint",
        ("@project", key.Project), ("@fingerprint", key.Fingerprint.Hex));

    /// <exception cref="FormatException">No catalogue writes that: the database is damaged. Likewise below.</exception>
    internal static ImageType ParseType(string name) => name switch
    {
        "container" => ImageType.Container,
        "virtual-machine" => ImageType.VirtualMachine,
        _ => throw new FormatException($"\"{name}\" is no type of image"),
    };

    internal static Architecture ParseArchitecture(string name) => Architecture.TryParse(name, out var architecture)
        ? architecture
        : throw new FormatException($"\"{name}\" is no architecture");

    internal static Sha256Digest ParseDigest(string text) => Sha256Digest.TryParse(text, out var digest)
        ? digest
        : throw new FormatException($"\"{text}\" is no digest");

    private static string NameOf(RootFormat format) => format switch
    {
        RootFormat.Squashfs => "squashfs",
        RootFormat.Qcow2 => "qcow2",
        _ => "tarball",
    };

    private static RootFormat ParseFormat(string name) => name switch
    {
        "squashfs" => RootFormat.Squashfs,
        "qcow2" => RootFormat.Qcow2,
        "tarball" => RootFormat.Tarball,
        _ => throw new FormatException($"\"{name}\" is no form of a root file system"),
    };

    private Image Read(SqliteDataReader row) => new()
    {
        Project = pool.Share(row.GetString(0)),
        Fingerprint = ParseDigest(row.GetString(1)),
        Type = ParseType(row.GetString(2)),
        Architecture = ParseArchitecture(row.GetString(3)),
        FileName = pool.Share(row.GetString(4)),
        Public = row.GetBoolean(5),
        AutoUpdate = row.GetBoolean(6),
        Cached = row.GetBoolean(7),
        Properties = CatalogJson.ReadProperties(row.GetFieldValue<byte[]>(8), pool),
        Profiles = CatalogJson.ReadNames(row.GetString(9), pool),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(10)),
        ExpiresAt = ReadTime(row, 11),
        UploadedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(12)),
        LastUsedAt = ReadTime(row, 13),
        UpdateSource = row.IsDBNull(14) ? null : CatalogJson.ReadSource(row.GetFieldValue<byte[]>(14), pool),
        MetadataFile = ReadFile(row, 15),
        RootFile = row.IsDBNull(18) ? null : ReadFile(row, 18),
        RootFormat = row.IsDBNull(21) ? null : ParseFormat(row.GetString(21)),
    };

    private static DateTimeOffset? ReadTime(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private ImageFile ReadFile(SqliteDataReader row, int column) =>
        new(ParseDigest(row.GetString(column)), row.GetInt64(column + 1), pool.Share(row.GetString(column + 2)));
}
