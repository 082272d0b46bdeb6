using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Trees;

/// <summary>A tree in a temporary directory, and a place for the images that are added to it.</summary>
internal sealed class LocalTree : IDisposable
{
    private readonly DirectoryInfo place = System.IO.Directory.CreateTempSubdirectory("stapes-");

    public LocalTree()
    {
        Directory = place.CreateSubdirectory("tree").FullName;
        Images = new PlainImages(place.CreateSubdirectory("images").FullName);
    }

    public string Directory { get; }

    public PlainImages Images { get; }

    public Task AddAsync(TestImage image) => Add(image).OutputAsync();

    public Command Add(TestImage image) => Run(["add", .. image.Files]);

    public Command Run(params IReadOnlyList<string> arguments) => StapesProgram.Run(Directory, ["tree", .. arguments]);

    public TreeContent Read() => TreeContent.Read(Directory);

    /// <summary>Makes the directory what it was when it was copied to <paramref name="copy"/>.</summary>
    public void RestoreFrom(string copy)
    {
        System.IO.Directory.Delete(Directory, recursive: true);
        CopyDirectory(copy, Directory);
    }

    public string Copy()
    {
        var copy = Path.Combine(place.FullName, Path.GetRandomFileName());
        CopyDirectory(Directory, copy);
        return copy;
    }

    public void Dispose() => place.Delete(recursive: true);

    private static void CopyDirectory(string source, string target)
    {
        System.IO.Directory.CreateDirectory(target);
        foreach (var directory in System.IO.Directory.GetDirectories(source, "*", SearchOption.AllDirectories))
            System.IO.Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(source, directory)));
        foreach (var file in System.IO.Directory.GetFiles(source, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(target, Path.GetRelativePath(source, file)));
    }
}
