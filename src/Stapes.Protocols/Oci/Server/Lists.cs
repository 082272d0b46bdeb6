using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Oci.Server;

/// <summary>What the registry is and has: its version, repositories and tags.</summary>
internal static class Lists
{
    /// <summary>More come with the next page, whose address is in Link.</summary>
    private const int LargestPage = 10_000;

    /// <summary>Source: OCI distribution-spec 1.1, «Determining Support». Clients find out here how to log in.</summary>
    public static Task GetVersionAsync(RegistryCall call)
    {
        if (!RegistryAuthentication.IsKnown(call.Access))
            throw RegistryAuthentication.Unauthorized(call.Http, scope: null, "Log in, or ask for a token without credentials to pull what is public");
        return RegistryReply.WriteJsonAsync(call.Http, "{}"u8.ToArray(), RegistryReply.Json);
    }

    /// <summary>Source: OCI distribution-spec 1.1, «Listing Tags».</summary>
    public static async Task GetTagsAsync(RegistryCall call)
    {
        var repositories = call.Registry.Repositories;
        var (size, last) = (PageSize(call), call.Query("last") ?? "");
        IReadOnlyList<string> tags;
        if (call.Access.May(RegistryAccess.Pull, call.Name) && await repositories.ExistsAsync(call.Name, call.Cancellation))
        {
            tags = await repositories.ListTagsAsync(call.Name, last, size + 1, call.Cancellation);
        }
        else if (await StoredImages.ListTagsAsync(call) is { Count: > 0 } stored)
        {
            tags = [.. stored.Where(t => string.CompareOrdinal(t, last) > 0).Take(size + 1)];
        }
        else
        {
            call.Require(RegistryAccess.Pull);
            throw RegistryException.NameUnknown(call.Name);
        }

        var page = Page(call, tags, size);
        await RegistryReply.WriteJsonAsync(call.Http, new() { Name = call.Name, Tags = page }, RegistryJson.Context.TagList);
    }

    /// <summary>Those that the caller may pull from. Source: Docker Registry HTTP API V2, «Listing Repositories».</summary>
    public static async Task GetRepositoriesAsync(RegistryCall call)
    {
        var size = PageSize(call);
        var visible = new List<string>();
        for (var last = call.Query("last") ?? ""; visible.Count <= size;)
        {
            var some = await call.Registry.Repositories.ListAsync(last, LargestPage, call.Cancellation);
            visible.AddRange(some.Where(call.Access.MaySee).Take(size + 1 - visible.Count));
            if (some.Count < LargestPage)
                break;
            last = some[^1];
        }

        var page = Page(call, visible, size);
        await RegistryReply.WriteJsonAsync(call.Http, new() { Repositories = page }, RegistryJson.Context.RepositoryList);
    }

    /// <summary>Points to the next page (RFC 8288).</summary>
    public static void LinkNext(HttpContext context, string last, params IEnumerable<(string Name, string? Value)> others)
    {
        var query = new StringBuilder($"{context.Request.Path.ToUriComponent()}?last={Uri.EscapeDataString(last)}");
        foreach (var (name, value) in others)
        {
            if (value is not null)
                query.Append(CultureInfo.InvariantCulture, $"&{name}={Uri.EscapeDataString(value)}");
        }

        context.Response.Headers.Link = $"<{query}>; rel=\"next\"";
    }

    private static int PageSize(RegistryCall call) => call.Query("n") switch
    {
        null => LargestPage,
        var n when n.Length < 10 && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var size) => Math.Min(size, LargestPage),
        var n when n.Length > 0 && !n.AsSpan().ContainsAnyExceptInRange('0', '9') => LargestPage,
        _ => throw new RegistryException(400, "PAGINATION_NUMBER_INVALID", "n has to be a number, 0 or more"),
    };

    private static IReadOnlyList<string> Page(RegistryCall call, IReadOnlyList<string> found, int size)
    {
        if (found.Count <= size || size == 0)
            return size == 0 ? [] : found;
        LinkNext(call.Http, found[size - 1], ("n", call.Query("n")));
        return [.. found.Take(size)];
    }
}
