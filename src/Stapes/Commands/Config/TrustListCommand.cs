using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Stapes.Commands.Image;
using Stapes.Core;
using Stapes.Output;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Config;

/// <summary><c>config trust list</c>.</summary>
internal static class TrustListCommand
{
    private static readonly Argument<string[]> Filters = new("filter") { Description = "Which clients to list", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<ListFormat> Format = FormatOption.Create();

    private static readonly Option<string> ColumnsOption = new("--columns", "-c") { Description = "Columns", HelpName = "LETTERS", DefaultValueFactory = static _ => "ntdfe" };

    public static Command Create()
    {
        var command = new Command("list", """
            List trusted clients

            A filter is KEY=VALUE for a field (restricted=true), where VALUE may be a regular expression, or the start of a name. A client has to
            pass them all.

            Columns, for tables and CSV, with or without commas between them:
              n  name                    t  type
              c  common name             d  description
              f  fingerprint, short      F  fingerprint
              i  issue date              e  expiry date
              r  whether restricted      p  projects
              o  role
            """) { Filters, ColumnsOption, Format };
        command.Aliases.Add("ls");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var columns = Columns.Parse(result.GetRequiredValue(ColumnsOption), Letter);
        using var server = LocalServer.Connect(result);
        var raw = await server.ListCertificatesAsync(string.Join(" and ", (result.GetValue(Filters) ?? []).Select(Clause)), cancellation);
        var rows = raw.EnumerateArray().Select(static r => new Row(r.Deserialize(IncusJsonContext.Default.CertificateRecord)!))
            .Select(r => (IReadOnlyList<string>)[.. columns.Select(c => c.Cell(r))]).Order(NaturalRowOrder.Instance).ToList();
        ListPrinter.Print(
            result.InvocationConfiguration.Output, result.GetRequiredValue(Format), [.. columns.Select(static c => c.Header)], rows,
            raw, IncusJsonContext.Default.IReadOnlyListCertificateRecord);
        return 0;
    }

    /// <summary>A filter in the language of the API.</summary>
    private static string Clause(string filter) => filter.Split('=', 2) is [var key, var value] ? $"{key} eq {value}" : $"name eq ^({filter}|{filter}.*)$";

    private static Column<Row>? Letter(char letter) => letter switch
    {
        'n' => new("NAME", static r => r.Record.Name),
        't' => new("TYPE", static r => r.Record.Type),
        'c' => new("COMMON NAME", static r => r.Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)),
        'f' => new("FINGERPRINT", static r => ImageColumns.Short(r.Record.Fingerprint)),
        'F' => new("FINGERPRINT", static r => r.Record.Fingerprint),
        'd' => new("DESCRIPTION", static r => r.Record.Description),
        'i' => new("ISSUE DATE", static r => LocalTime.Format(new DateTimeOffset(r.Certificate.NotBefore))),
        'e' => new("EXPIRY DATE", static r => LocalTime.Format(new DateTimeOffset(r.Certificate.NotAfter))),
        'r' => new("RESTRICTED", static r => r.Record.Restricted ? "yes" : "no"),
        'p' => new("PROJECTS", static r => string.Join('\n', (r.Record.Projects ?? []).Order(CodePointOrder.Instance))),
        'o' => new("ROLE", static r => r.Record.Role ?? ""),
        _ => null,
    };

    private sealed record Row(CertificateRecord Record)
    {
        public X509Certificate2 Certificate { get; } = X509Certificate2.CreateFromPem(Record.Certificate);
    }
}
