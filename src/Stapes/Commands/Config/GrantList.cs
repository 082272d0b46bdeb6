using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using Stapes.Output;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Config;

/// <summary>The output of <c>config token list</c> and <c>config oidc list</c>.</summary>
internal static class GrantList
{
    private static readonly IReadOnlyList<string> Headers = ["NAME", "ROLE", "PROJECTS", "DESCRIPTION", "CREATED AT", "EXPIRES AT"];

    public static void Print<T>(ParseResult result, Option<ListFormat> format, IReadOnlyList<T> grants, JsonTypeInfo<IReadOnlyList<T>> type) where T : GrantRecord =>
        ListPrinter.Print(result.InvocationConfiguration.Output, result.GetRequiredValue(format), Headers, [.. grants.Select(Row)], grants, type);

    private static IReadOnlyList<string> Row(GrantRecord grant) =>
    [
        grant.Name, grant.Role, grant.Restricted ? string.Join('\n', grant.Projects ?? []) : "", grant.Description,
        LocalTime.Format(grant.CreatedAt), grant.ExpiresAt == default ? "" : LocalTime.Format(grant.ExpiresAt),
    ];
}
