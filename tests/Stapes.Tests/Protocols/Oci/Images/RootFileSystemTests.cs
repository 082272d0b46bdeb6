using System.Text;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Tests.Protocols.Oci.Images;

public sealed class RootFileSystemTests
{
    private static LayerBuilder Layer => new();

    [Fact]
    public async Task Later_layers_change_what_earlier_ones_have() =>
        (await MergedRoot.ListAsync(
            Layer.Directory("etc").File("etc/motd", "old").File("etc/kept", "kept"),
            Layer.File("etc/motd", "new").File("etc/added", "more")))
        .ShouldBe(["etc/", "etc/added \"more\"", "etc/kept \"kept\"", "etc/motd \"new\""]);

    [Fact]
    public async Task A_whiteout_removes_a_file_or_a_whole_directory() =>
        (await MergedRoot.ListAsync(
            Layer.Directory("a").File("a/one").Directory("b").File("b/two", "2").File("c"),
            Layer.File(".wh.a").File("b/.wh.two").File(".wh.never-there")))
        .ShouldBe(["b/", "c \"\""]);

    [Fact]
    public async Task A_whiteout_leaves_alone_what_its_own_layer_has_wherever_it_stands() =>
        (await MergedRoot.ListAsync(
            Layer.Directory("a").File("a/old").File("b", "old"),
            Layer.File("a/new").File(".wh.a").File(".wh.b").File("b", "new")))
        .ShouldBe(["a/", "a/new \"\"", "b \"new\""]);

    [Fact]
    public async Task An_opaque_directory_hides_what_lower_layers_have_in_it() =>
        (await MergedRoot.ListAsync(
            Layer.Directory("a").File("a/old").Directory("a/b").File("a/b/old"),
            Layer.Directory("a").File("a/new").File("a/.wh..wh..opq")))
        .ShouldBe(["a/", "a/new \"\""]);

    [Fact]
    public async Task An_opaque_root_hides_everything() =>
        (await MergedRoot.ListAsync(Layer.Directory("a").File("b"), Layer.File(".wh..wh..opq").File("c"))).ShouldBe(["c \"\""]);

    [Fact]
    public async Task A_file_takes_the_place_of_a_directory_and_a_directory_that_of_a_file() =>
        (await MergedRoot.ListAsync(
            Layer.Directory("a").File("a/below").File("b", "file"),
            Layer.File("a", "file").Directory("b").File("b/below")))
        .ShouldBe(["a \"file\"", "b/", "b/below \"\""]);

    [Fact]
    public async Task A_directory_that_was_a_file_or_is_missing_is_made_for_what_lies_in_it() =>
        (await MergedRoot.ListAsync(Layer.File("a", "file"), Layer.File("a/b/c", "deep"))).ShouldBe(["a/", "a/b/", "a/b/c \"deep\""]);

    [Fact]
    public async Task Names_of_one_file_stay_one_file_also_when_the_first_goes() =>
        (await MergedRoot.ListAsync(
            Layer.File("first", "shared").HardLink("second", "first").HardLink("third", "/second"),
            Layer.File(".wh.first")))
        .ShouldBe(["second \"shared\"", "third = second"]);

    [Fact]
    public async Task A_hard_link_may_lead_to_a_file_of_a_lower_layer() =>
        (await MergedRoot.ListAsync(Layer.File("z", "low"), Layer.HardLink("a", "z"))).ShouldBe(["a \"low\"", "z = a"]);

    [Fact]
    public async Task Changing_one_name_of_a_file_leaves_the_others() =>
        (await MergedRoot.ListAsync(Layer.File("a", "old").HardLink("b", "a"), Layer.File("a", "new"))).ShouldBe(["a \"new\"", "b \"old\""]);

    [Fact]
    public async Task Devices_fifos_and_links_come_through() =>
        (await MergedRoot.ListAsync(Layer.Device("null", 1, 3).Fifo("pipe").Link("link", "../anywhere")))
        .ShouldBe(["link -> ../anywhere", "null 1:3", "pipe"]);

    [Fact]
    public async Task An_entry_in_a_directory_that_is_a_link_goes_where_the_link_leads() =>
        (await MergedRoot.ListAsync(
            Layer.Directory("usr").Directory("usr/lib").Link("lib", "usr/lib").Link("deep", "/lib/../lib"),
            Layer.File("lib/one", "1").File("deep/two", "2").Directory("lib")))
        .ShouldBe(["deep -> /lib/../lib", "lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/one \"1\"", "usr/lib/two \"2\""]);

    [Theory]
    [InlineData("../../outside")]
    [InlineData("/../outside")]
    [InlineData("a/../../outside")]
    public async Task Paths_that_lead_up_end_at_the_root(string path) => (await MergedRoot.ListAsync(Layer.File(path, "x"))).ShouldBe(["outside \"x\""]);

    [Theory]
    [InlineData("/")]
    [InlineData("../../../..")]
    [InlineData("/tmp/../../..")]
    public async Task Links_out_of_the_root_lead_to_it(string target) =>
        (await MergedRoot.ListAsync(Layer.Link("out", target).Link("further", "out/out"), Layer.File("further/passwd", "x")))
        .ShouldBe(["further -> out/out", $"out -> {target}", "passwd \"x\""]);

    [Fact]
    public Task A_loop_of_links_is_refused() => RefusedAsync("loop of links", Layer.Link("a", "b").Link("b", "a"), Layer.File("a/x"));

    [Fact]
    public async Task Links_that_multiply_are_refused_before_they_cost_much()
    {
        var layer = Layer.Link("l0", ".");
        for (var i = 1; i < 200; i++)
            layer.Link($"l{i}", string.Join('/', Enumerable.Repeat($"l{i - 1}", 300)));
        await RefusedAsync("loop of links", layer, Layer.File("l199/x"));
    }

    [Fact]
    public Task A_hard_link_to_nothing_is_refused() => RefusedAsync("which is not there", Layer.HardLink("a", "../../etc/shadow"));

    [Fact]
    public Task A_hard_link_to_itself_is_refused() => RefusedAsync("which is not there", Layer.File("a"), Layer.HardLink("a", "a"));

    [Fact]
    public Task A_hard_link_to_a_directory_is_refused() => RefusedAsync("directory", Layer.Directory("a"), Layer.HardLink("b", "a"));

    [Fact]
    public Task The_root_stays_a_directory() => RefusedAsync("root", Layer.Link("a/..", "/etc"));

    [Fact]
    public Task A_whiteout_of_what_is_above_is_refused() => RefusedAsync("whiteout", Layer.File(".wh..."));

    [Fact]
    public Task More_entries_than_allowed_are_refused() =>
        RefusedAsync("more than 3 entries", new ConversionLimits { Entries = 3 }, Layer.File("a").File("b").File("c").File("d"));

    [Fact]
    public Task Directories_that_only_paths_name_are_entries_too() =>
        RefusedAsync("more than 5 entries", new ConversionLimits { Entries = 5 }, Layer.File("a/b/c").File("d/e/f"));

    [Fact]
    public async Task A_hundred_thousand_entries_are_no_trouble()
    {
        var layer = Layer;
        for (var i = 0; i < 100_000; i++)
            layer.File($"d{i % 100}/f{i}");
        (await MergedRoot.ListAsync(layer)).Count.ShouldBe(100_100);
    }

    [Fact]
    public Task More_bytes_than_allowed_are_refused() => RefusedAsync("MiB", new ConversionLimits { Bytes = 2000 }, Layer.File("a", new string('x', 3000)));

    [Fact]
    public async Task A_bomb_is_refused_while_it_bursts()
    {
        var bomb = LayerBuilder.Gzip(LayerBuilder.Gzip(new byte[200 << 20]));
        var layer = new ImageLayer(LayerBuilder.DigestOf(bomb), LayerBuilder.DigestOf([]), _ => ValueTask.FromResult<Stream>(new MemoryStream(bomb)));
        (await Should.ThrowAsync<StapesException>(MergedRoot.TarballAsync([layer]))).Kind.ShouldBe(ErrorKind.Invalid);

        var zeros = Layer.File("zeros", new string('\0', 150 << 20)).Build();
        var failure = await Should.ThrowAsync<StapesException>(MergedRoot.TarballAsync([LayerBuilder.Layer(zeros, LayerBuilder.Gzip(zeros))], new() { Ratio = 10 }));
        failure.Message.ShouldContain("bomb");
    }

    [Fact]
    public async Task A_layer_with_another_digest_or_diff_id_is_refused()
    {
        var tarball = Layer.File("a", "content").Build();
        var good = LayerBuilder.Layer(tarball, LayerBuilder.Gzip(tarball));
        (await MergedRoot.TarballAsync([good])).ShouldNotBeEmpty();
        var other = LayerBuilder.DigestOf([1]);
        (await Should.ThrowAsync<StapesException>(MergedRoot.TarballAsync([good with { Digest = other }]))).Message.ShouldContain("digest");
        (await Should.ThrowAsync<StapesException>(MergedRoot.TarballAsync([good with { DiffId = other }]))).Message.ShouldContain("diff_id");
    }

    [Fact]
    public async Task Layers_come_plain_or_in_gzip_or_zstd_and_empty_too()
    {
        var one = Layer.File("BZ", "1").Build();
        var two = Layer.File("two", "2").Build();
        var three = Layer.File("three", "3").Build();
        var empty = new byte[1024];
        var tarball = await MergedRoot.TarballAsync([LayerBuilder.Layer(one), LayerBuilder.Layer(two, LayerBuilder.Gzip(two)), LayerBuilder.Layer(three, LayerBuilder.Zstd(three)), LayerBuilder.Layer(empty)]);
        Encoding.Latin1.GetString(tarball).ShouldContain("three");
    }

    [Fact]
    public async Task A_layer_that_is_cut_off_is_refused()
    {
        var tarball = Layer.File("a", new string('x', 5000)).Build()[..3000];
        (await Should.ThrowAsync<StapesException>(MergedRoot.TarballAsync([LayerBuilder.Layer(tarball)]))).Message.ShouldContain("ends inside an entry");
    }

    [Fact]
    public async Task Owners_modes_times_and_attributes_are_kept_and_attributes_of_the_machine_are_not()
    {
        var layer = Layer.File("a", "x", mode: 0b100_111_101_101, user: 3_000_000, group: 70_000, attributes: new Dictionary<string, string>
        {
            ["user.note"] = "kept", ["security.capability"] = "kept too", ["security.selinux"] = "gone", ["system.nfs4_acl"] = "gone",
        });
        var walker = new TarWalker(new MemoryStream(await MergedRoot.TarballAsync([layer.Layer()])));
        var entry = (await walker.NextAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
        (entry.Mode, entry.UserId, entry.GroupId, entry.ModifiedAt).ShouldBe((0b100_111_101_101, 3_000_000, 70_000, 1_700_000_000));
        entry.ExtendedAttributes.Select(static a => a.Key).ShouldBe(["security.capability", "user.note"]);
    }

    [Fact]
    public async Task A_directory_that_two_layers_have_gets_the_attributes_of_the_second()
    {
        var tarball = await MergedRoot.TarballAsync([Layer.Directory("a", mode: 0b111_000_000, user: 1).File("a/b").Layer(), Layer.Directory("a", mode: 0b001_111_111_111, user: 2).Layer()]);
        var entry = (await new TarWalker(new MemoryStream(tarball)).NextAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
        (entry.Name, entry.Mode, entry.UserId).ShouldBe(("a/", 0b001_111_111_111, 2));
    }

    private static Task RefusedAsync(string why, params LayerBuilder[] layers) => RefusedAsync(why, new ConversionLimits(), layers);

    private static async Task RefusedAsync(string why, ConversionLimits limits, params LayerBuilder[] layers)
    {
        var failure = await Should.ThrowAsync<StapesException>(MergedRoot.TarballAsync(layers.Select(static l => l.Layer()), limits));
        failure.Kind.ShouldBe(ErrorKind.Invalid);
        failure.Message.ShouldContain(why);
    }
}
