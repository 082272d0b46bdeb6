namespace Stapes.Tests;

/// <summary>A directory of one test, deleted with all in it when the test is over.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("stapes-test-").FullName;

    /// <summary>The full path of a name in the directory.</summary>
    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Writes a file, and the directories that it needs; answers its full path.</summary>
    public string Write(string name, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
