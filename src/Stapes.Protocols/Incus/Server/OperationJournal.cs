using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// Notes of the work that goes on, a file each, so that whoever ordered it learns after a restart what became of it. A power cut may lose
/// them: then nobody waits any more. No note, or one that cannot be written, stops no work.
/// </summary>
/// <param name="directory">Holds the notes; made when missing. Null: nothing is noted.</param>
internal sealed class OperationJournal(string? directory)
{
    private const string Extension = ".json";

    /// <summary>Notes that work goes on. Secrets are left out.</summary>
    public void Write(OperationRecord record, string project)
    {
        if (directory is null)
            return;
        var note = new JsonObject
        {
            ["project"] = project,
            ["operation"] = JsonSerializer.SerializeToNode(
                record with { Metadata = Without(record.Metadata, "secret") }, IncusJsonContext.Default.OperationRecord),
        };
        Quietly(() =>
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.WriteAllText(PathOf(record.Id), note.ToJsonString());
        });
    }

    public void Delete(string id)
    {
        if (directory is not null)
            Quietly(() => File.Delete(PathOf(id)));
    }

    /// <summary>What the notes tell of work that a stop or a crash ended.</summary>
    public IReadOnlyList<(OperationRecord Record, string Project)> Read()
    {
        var found = new List<(OperationRecord, string)>();
        if (directory is null || !Directory.Exists(directory))
            return found;
        foreach (var path in Directory.GetFiles(directory, "*" + Extension))
        {
            if (TryRead(path) is { } note)
                found.Add(note);
            else
                Quietly(() => File.Delete(path));
        }

        return found;
    }

    private static (OperationRecord Record, string Project)? TryRead(string path)
    {
        try
        {
            var note = JsonNode.Parse(File.ReadAllText(path));
            return note?["operation"].Deserialize(IncusJsonContext.Default.OperationRecord) is { } record
                && record.Id == Path.GetFileNameWithoutExtension(path) && (string?)note["project"] is { } project ? (record, project) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            // It was being written when the server ended.
            return null;
        }
    }

    private static JsonObject? Without(JsonObject? metadata, string field)
    {
        var copy = (JsonObject?)metadata?.DeepClone();
        copy?.Remove(field);
        return copy;
    }

    private string PathOf(string id) => Path.Combine(directory!, id + Extension);

    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // On a full disk operations go on without being noted.
        }
    }
}
