using Stapes.Core.Storage.FileSystem;

namespace Stapes.Tests.Storage.FileSystem;

public sealed class FlushTogetherTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300)]
    public void Files_hold_what_was_written_after_they_were_flushed_together(int count)
    {
        var files = new List<StagedFile>();
        for (var i = 0; i < count; i++)
        {
            files.Add(StagedFile.Create(directory["tmp"]));
            files[i].Content.Write(BitConverter.GetBytes(i));
        }

        FlushTogether.Run(files);

        for (var i = 0; i < count; i++)
        {
            files[i].MoveTo(directory[$"{i}"]);
            files[i].Dispose();
            File.ReadAllBytes(directory[$"{i}"]).ShouldBe(BitConverter.GetBytes(i));
        }
    }

    [Fact]
    public void A_file_that_was_only_read_can_be_flushed_too()
    {
        var path = directory.Write("file", "content"u8);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        using var adopted = StagedFile.TryAdopt(path, directory["tmp"])!;
        FlushTogether.Run([adopted]);
    }
}
