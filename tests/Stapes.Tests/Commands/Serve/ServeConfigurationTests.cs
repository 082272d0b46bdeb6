using Microsoft.Extensions.Logging;
using Stapes.Commands;
using Stapes.Commands.Serve;
using Stapes.Core;
using Stapes.Hosting;

namespace Stapes.Tests.Commands.Serve;

public sealed class ServeConfigurationTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly Dictionary<string, string> environment = [];

    public ServeConfigurationTests() => environment["STAPES_CONFIG"] = directory.Write("stapes.yaml", []);

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Options_come_before_the_environment_and_that_before_the_file()
    {
        Write("grace: 1h\nstop-timeout: 1m\nlog-level: error\n");
        environment["STAPES_STOP_TIMEOUT"] = "2m";
        environment["STAPES_LOG_LEVEL"] = "warning";

        var settings = Read("--log-level", "debug");

        settings.Grace.ShouldBe(TimeSpan.FromHours(1));
        settings.StopTimeout.ShouldBe(TimeSpan.FromMinutes(2));
        settings.LogLevel.ShouldBe(LogLevel.Debug);
    }

    [Fact]
    public void Without_anything_the_defaults_hold()
    {
        var settings = Read();

        settings.Data.ShouldBe(ServePaths.DefaultData);
        settings.Listen.ShouldBeNull();
        settings.Grace.ShouldBe(TimeSpan.FromHours(2));
        settings.StopTimeout.ShouldBe(TimeSpan.FromSeconds(30));
        settings.Metrics.ShouldBeFalse();
        settings.LogLevel.ShouldBe(LogLevel.Information);
    }

    [Fact]
    public void Lists_are_repeated_options_separated_by_commas_or_YAML_lists()
    {
        Write("tree: [/a, /b]\nlisten:\n  - 127.0.0.1:1\n");
        environment["STAPES_LISTEN"] = "127.0.0.1:2, http://127.0.0.1:3";

        Read("--tree", "/c", "--tree", "/d").Trees.ShouldBe(["/c", "/d"]);
        Read().Trees.ShouldBe(["/a", "/b"]);
        Read().Listen!.Select(static l => l.ToString()).ShouldBe(["https://127.0.0.1:2", "http://127.0.0.1:3"]);
        environment.Remove("STAPES_LISTEN");
        Read().Listen!.Select(static l => l.ToString()).ShouldBe(["https://127.0.0.1:1"]);
    }

    [Theory]
    [InlineData("data: /a\nlisten-on: x\n", "stapes.yaml:2: unknown setting 'listen-on'")]
    [InlineData("config: x\n", "stapes.yaml:1: unknown setting 'config'")]
    [InlineData("\n\ngrace: soon\n", "stapes.yaml:3: grace: 'soon' is no length of time")]
    [InlineData("data:\n  - /a\n", "stapes.yaml:2: data: has to be one value")]
    [InlineData("metrics: maybe\n", "stapes.yaml:1: metrics: 'maybe' is neither true nor false")]
    [InlineData("- data\n", "stapes.yaml:1: the file is not a mapping")]
    [InlineData("data: /a\ndata: /b\n", "stapes.yaml:2: ")]
    [InlineData("data: [\n", "stapes.yaml:")]
    public void A_mistake_in_the_file_is_named_with_its_line(string yaml, string message)
    {
        Write(yaml);

        var e = Should.Throw<StapesException>(() => Read());

        e.Kind.ShouldBe(ErrorKind.Invalid);
        e.Message.ShouldContain(message);
    }

    [Fact]
    public void A_mistake_elsewhere_is_named_with_its_place()
    {
        environment["STAPES_GRACE"] = "soon";
        Should.Throw<StapesException>(() => Read()).Message.ShouldStartWith("STAPES_GRACE: 'soon'");
        Should.Throw<StapesException>(() => Read("--grace", "1h", "--listen", "example.org:1")).Message.ShouldStartWith("--listen: 'example.org:1'");
        Should.Throw<StapesException>(() => Read("--grace", "1h", "--cert", "a")).Message.ShouldContain("--key is missing");
    }

    [Theory]
    [InlineData("STAPES_LISTN", "There is no setting STAPES_LISTN; did you mean STAPES_LISTEN?")]
    [InlineData("STAPES_UNHEARD_OF", "There is no setting STAPES_UNHEARD_OF; `stapes serve --help` shows them all")]
    [InlineData("STAPES_", "There is no setting STAPES_; ")]
    public void A_variable_that_looks_like_a_setting_but_is_none_is_named(string variable, string message)
    {
        environment[variable] = "x";
        Should.Throw<StapesException>(() => Read()).Message.ShouldStartWith(message);
    }

    [Theory]
    [InlineData("STAPES_CONF")]
    [InlineData("STAPES_SERVICE_HOST")]
    [InlineData("STAPES_SERVICE_PORT_HTTPS")]
    [InlineData("STAPES_PORT")]
    [InlineData("STAPES_MIRROR_PORT_8443_TCP_ADDR")]
    [InlineData("stapes_lower")]
    public void Variables_that_others_set_are_no_mistakes(string variable)
    {
        environment[variable] = "x";
        Read().Listen.ShouldBeNull();
    }

    [Fact]
    public void A_configuration_that_was_asked_for_has_to_be_there() =>
        Should.Throw<StapesException>(() => Read("--config", directory["missing.yaml"])).Message.ShouldContain("missing.yaml");

    [Theory]
    [InlineData("0", 0)]
    [InlineData("250ms", 0.25)]
    [InlineData("30s", 30)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172_800)]
    public void Lengths_of_time_have_units(string text, double seconds)
    {
        ServeDuration.TryParse(text, out var duration).ShouldBeTrue();
        duration.TotalSeconds.ShouldBe(seconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("-1s")]
    [InlineData("1.5h")]
    [InlineData("99999999d")]
    public void Other_texts_are_no_lengths_of_time(string text) => ServeDuration.TryParse(text, out _).ShouldBeFalse();

    private void Write(string yaml) => File.WriteAllText(environment["STAPES_CONFIG"], yaml);

    private ServerSettings Read(params string[] options) =>
        ServeConfiguration.Read(CommandLine.CreateRoot().Parse(["serve", .. options]), ServeEnvironment.Read(environment));
}
