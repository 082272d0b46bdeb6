namespace Stapes.Core.Library.Sqlite;

/// <summary>
/// Space that is kept for the transactions that make space: on a full disk the log could not take the deletion of an image. A file
/// of zeros beside the database, given up when such a transaction finds the disk full, and filled again when there is room.
/// </summary>
internal sealed class SqliteReserve(string database)
{
    private const int Size = 512 << 10;

    private readonly string file = database + "-reserve";
    private bool filled;

    /// <summary>Makes the reserve when it is missing; best effort.</summary>
    public void Fill()
    {
        if (filled)
            return;
        try
        {
            File.WriteAllBytes(file, new byte[Size]);
            filled = true;
        }
        catch (Exception e) when (Storage.StorageFaults.IsFault(e))
        {
            Spend();
        }
    }

    /// <returns>Whether there was a reserve.</returns>
    public bool Spend()
    {
        var had = filled;
        filled = false;
        try
        {
            File.Delete(file);
            return had;
        }
        catch (Exception e) when (Storage.StorageFaults.IsFault(e))
        {
            return false;
        }
    }
}
