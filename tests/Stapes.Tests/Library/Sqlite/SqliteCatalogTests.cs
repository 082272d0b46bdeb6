using Stapes.Core;
using Stapes.Core.Library;
using Stapes.Core.Library.Sqlite;

namespace Stapes.Tests.Library.Sqlite;

public sealed class SqliteCatalogTests : CatalogBlobContract, IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private string Database => directory["catalog.db"];

    public void Dispose() => directory.Dispose();

    [Fact]
    public void A_file_that_is_no_database_is_refused_with_what_to_do()
    {
        File.WriteAllText(Database, new string('x', 10_000));

        ShouldBeDamaged(Should.Throw<StapesException>(Open));
    }

    [Fact]
    public async Task A_damaged_page_is_told_with_what_to_do()
    {
        await using (var catalog = Open())
        {
            for (var i = 0; i < 200; i++)
                await AddAsync(catalog, TestImages.Record(i));
        }

        await using (var file = File.OpenWrite(Database))
        {
            file.Position = 4096;
            await file.WriteAsync(new byte[(int)file.Length - 4096].Select(static _ => (byte)0xA5).ToArray(), Cancellation);
        }

        ShouldBeDamaged(await Should.ThrowAsync<StapesException>(async () =>
        {
            await using var catalog = Open();
            await catalog.LoadAsync(Cancellation);
        }));
    }

    [Fact]
    public void A_database_of_a_newer_version_is_left_alone()
    {
        using (var database = SqliteDatabase.Open(Database))
        {
            database.WriteAsync(static s => s.Execute("INSERT INTO schema_version (version) VALUES (9999)"), durable: true, Cancellation)
                .IsCompletedSuccessfully.ShouldBeTrue();
        }

        Should.Throw<StapesException>(Open).Message.ShouldContain("9999");
    }

    [Fact]
    public void Only_the_owner_can_read_the_files()
    {
        using var database = SqliteDatabase.Open(Database);

        foreach (var file in new[] { Database, Database + "-wal", Database + "-shm" })
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private protected override ICatalog Open() => SqliteCatalog.Open(Database);

    private void ShouldBeDamaged(StapesException error)
    {
        error.Kind.ShouldBe(ErrorKind.Unavailable);
        error.Message.ShouldContain($"{Database} is damaged");
        error.Message.ShouldContain("backup");
    }
}
