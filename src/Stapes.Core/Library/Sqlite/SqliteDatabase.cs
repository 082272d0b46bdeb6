using Microsoft.Data.Sqlite;

namespace Stapes.Core.Library.Sqlite;

/// <summary>
/// A database file: one connection that writes, one that reads beside it (write-ahead log). Calls wait for their turn on the connection;
/// a transaction that has begun is not cancelled.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int NotADatabase = 26;
    private const int BusySeconds = 10;

    private readonly string file;
    private readonly SemaphoreSlim writing = new(1);
    private readonly SemaphoreSlim reading = new(1);
    private readonly SqliteConnection writer;
    private readonly SqliteConnection reader;
    private readonly SqliteReserve reserve;
    private bool durable = true;

    private SqliteDatabase(string file, SqliteConnection writer, SqliteConnection reader)
    {
        this.file = file;
        this.writer = writer;
        this.reader = reader;
        reserve = new(file);
    }

    /// <summary>Opens a database, which is made when it is missing, readable by its owner only, and brings it to the newest schema.</summary>
    public static SqliteDatabase Open(string file)
    {
        SqliteDatabase? database = null;
        try
        {
            MakePrivate(file);
            database = new(file, Connect(file), Connect(file));
            database.Guard(() =>
            {
                database.writer.Open();
                var session = new SqliteSession(database.writer, file);
                session.Query("PRAGMA journal_mode = WAL", static _ => true);
                session.Execute("PRAGMA synchronous = FULL");
                database.Transact(SqliteMigrations.Apply);
                database.reader.Open();
                new SqliteSession(database.reader, file).Execute("PRAGMA query_only = TRUE");
                return true;
            });
            database.reserve.Fill();
            return database;
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    /// <summary>Runs a transaction that writes; one at a time.</summary>
    /// <param name="action">Its statements; what it throws undoes them.</param>
    /// <param name="durable">Whether it must survive a power cut; else it takes no flush of the disk.</param>
    /// <param name="cancellation">Ends the waiting for the turn.</param>
    public Task<T> WriteAsync<T>(Func<SqliteSession, T> action, bool durable, CancellationToken cancellation) =>
        InTurnAsync(() => Write(action, durable), cancellation);

    /// <summary>Runs a transaction that makes space, on a full disk too; its statements may run twice then.</summary>
    public Task<T> FreeAsync<T>(Func<SqliteSession, T> action, bool durable, CancellationToken cancellation) => InTurnAsync(
        () =>
        {
            T result;
            try
            {
                result = Write(action, durable);
            }
            catch (StapesException e) when (e.Kind is ErrorKind.Full && reserve.Spend())
            {
                // The log in the database takes less space than beside it.
                Guard(() => new SqliteSession(writer, file).Query("PRAGMA wal_checkpoint(TRUNCATE)", static _ => true));
                result = Write(action, durable);
            }

            reserve.Fill();
            return result;
        }, cancellation);

    /// <summary>Runs statements that only read, on one state of the database.</summary>
    public async Task<T> ReadAsync<T>(Func<SqliteSession, T> action, CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation);
        try
        {
            return Guard(() =>
            {
                using var transaction = reader.BeginTransaction(deferred: true);
                return action(new(reader, file));
            });
        }
        finally
        {
            reading.Release();
        }
    }

    public void Dispose()
    {
        reader.Dispose();
        writer.Dispose();
        reading.Dispose();
        writing.Dispose();
    }

    private async Task<T> InTurnAsync<T>(Func<T> action, CancellationToken cancellation)
    {
        await writing.WaitAsync(cancellation);
        try
        {
            return action();
        }
        finally
        {
            writing.Release();
        }
    }

    private T Write<T>(Func<SqliteSession, T> action, bool survives) => Guard(() =>
    {
        SetDurable(survives);
        var result = default(T)!;
        Transact(session => result = action(session));
        return result;
    });

    private static SqliteConnection Connect(string file) => new(new SqliteConnectionStringBuilder
    {
        DataSource = file,
        Mode = SqliteOpenMode.ReadWrite,
        Pooling = false,
        DefaultTimeout = BusySeconds,
    }.ToString());

    /// <summary>SQLite gives its other files the permissions of this one. An empty file is an empty database.</summary>
    private static void MakePrivate(string file)
    {
        try
        {
            using var handle = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Storage.StorageFaults.From(e, $"open the catalogue {file}");
        }
    }

    private void SetDurable(bool value)
    {
        if (durable == value)
            return;
        new SqliteSession(writer, file).Execute(value ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        durable = value;
    }

    private void Transact(Action<SqliteSession> action)
    {
        using var transaction = writer.BeginTransaction(deferred: false);
        action(new(writer, file));
        transaction.Commit();
    }

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SqliteException e)
        {
            throw e.SqliteErrorCode switch
            {
                Full => new StapesException(ErrorKind.Full,
                    $"Could not write the catalogue {file}: no space is left there; free some space and try again", e),
                Corrupt or NotADatabase => Damaged(e.Message, e),
                _ => new StapesException(ErrorKind.Unavailable,
                    $"The catalogue {file} cannot be used: {e.Message.ReplaceLineEndings(" ")} check the disk, the permissions, and that nothing else has it open", e),
            };
        }
        catch (Exception e) when (e is FormatException or InvalidCastException or System.Text.Json.JsonException)
        {
            throw Damaged(e.Message, e);
        }
    }

    private StapesException Damaged(string how, Exception e) => new(ErrorKind.Unavailable,
        $"The catalogue {file} is damaged ({how.ReplaceLineEndings(" ")}): stop the server and restore the file from a backup, "
        + $"or write what is still readable to a new one with `sqlite3 {file} .recover | sqlite3 NEW`; the images' files are untouched", e);
}
