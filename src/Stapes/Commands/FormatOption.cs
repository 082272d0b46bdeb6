using System.CommandLine;
using Stapes.Core;
using Stapes.Output;

namespace Stapes.Commands;

/// <summary><c>--format</c>, as every list takes it.</summary>
internal static class FormatOption
{
    public static Option<ListFormat> Create() => new("--format", "-f")
    {
        Description = "Format (csv|json|table|yaml|compact|markdown), use suffix \",noheader\" to disable headers and \",header\" to enable it if missing, e.g. csv,header",
        HelpName = "FORMAT",
        DefaultValueFactory = static _ => ListFormat.Table,
        CustomParser = static result =>
        {
            try
            {
                return ListFormat.Parse(result.Tokens[^1].Value);
            }
            catch (StapesException e)
            {
                result.AddError(e.Message);
                return ListFormat.Table;
            }
        },
    };
}
