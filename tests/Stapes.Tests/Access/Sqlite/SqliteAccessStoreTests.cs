using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Core.Library.Sqlite;

namespace Stapes.Tests.Access.Sqlite;

public sealed class SqliteAccessStoreTests : AccessStoreContract, IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task No_secret_is_in_the_files()
    {
        string secret;
        await using (var catalog = SqliteCatalog.Open(directory["catalog.db"]))
        {
            using var access = await AccessControl.OpenAsync(catalog.Access, TimeProvider.System, Cancellation);
            (_, secret) = await access.AddTokenAsync(new("ci", Role.Viewer), Cancellation);
        }

        foreach (var file in Directory.EnumerateFiles(directory.Root))
            File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(secret)).ShouldBe(-1, file);
    }

    private protected override (IAccessStore Store, ICatalog Catalog) Open()
    {
        var catalog = SqliteCatalog.Open(directory["catalog.db"]);
        return (catalog.Access, catalog);
    }
}
