using System.CommandLine;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary><c>remote set-url</c>. The certificate that is pinned stays.</summary>
internal static class SetUrlCommand
{
    private static readonly Argument<string> Remote = RemoteArgument.Create();

    private static readonly Argument<string[]> Urls = new("URL") { Description = "Its new addresses, in the order in which they are tried", Arity = ArgumentArity.OneOrMore };

    public static Command Create()
    {
        var command = new Command("set-urls", "Set the URL(s) for the remote") { Remote, Urls };
        command.Aliases.Add("set-url");
        command.SetAction(static (result, cancellation) => ClientConfiguration.ChangeAsync(
            RemoteOptions.Paths(result),
            (configuration, yaml) =>
            {
                var remote = configuration.GetForChange(RemoteArgument.Read(result, Remote));
                yaml.Set(remote with { Addresses = RemoteUrl.Normalize(result.GetRequiredValue(Urls), remote.Protocol) });
            },
            cancellation));
        return command;
    }
}
