using Stapes.Core.Library;
using Stapes.Core.Library.Sqlite;

namespace Stapes.Tests.Repositories;

public sealed class SqliteRepositoriesTests : RepositoryCatalogContract, IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    public override ICatalog Open() => SqliteCatalog.Open(directory["catalog.db"]);
}
