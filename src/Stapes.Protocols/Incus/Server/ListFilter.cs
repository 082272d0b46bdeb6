using Stapes.Core;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// A choice of the things of a list by their fields: <c>public eq true and properties.os eq debian</c>. Source: Incus documentation, «REST API»,
/// «Filtering»; details by what incusd does.
/// </summary>
internal sealed class ListFilter<T>
{
    /// <summary>In characters. What a user types is never longer.</summary>
    private const int LongestFilter = 4096;

    private readonly List<Clause> clauses = [];

    private ListFilter()
    {
    }

    /// <param name="text">The filter; null or empty for none.</param>
    /// <param name="compare">Makes the test of a field, whether it shall equal or not, with a value.</param>
    /// <returns>Null where there is no filter.</returns>
    /// <exception cref="StapesException">Invalid: it cannot be understood.</exception>
    public static ListFilter<T>? Parse(string? text, Func<string, bool, string, Func<T, bool>> compare)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        if (text.Length > LongestFilter)
            throw ImageFilter.Invalid($"it has {text.Length} characters, at most {LongestFilter} are read");
        var words = new Queue<string>(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var filter = new ListFilter<T>();
        var and = true;
        while (true)
        {
            filter.clauses.Add(ReadClause(words, and, compare));
            if (!words.TryDequeue(out var joint))
                return filter;
            and = joint switch
            {
                "and" => true,
                "or" => false,
                _ => throw ImageFilter.Invalid($"between two clauses there is \"{joint}\" and not \"and\" or \"or\""),
            };
        }
    }

    /// <summary>Clauses count from left to right: neither «and» nor «or» binds more tightly, as in Incus.</summary>
    public bool Matches(T item)
    {
        var match = true;
        foreach (var clause in clauses)
        {
            var own = clause.Matches(item);
            match = clause.And ? match && own : match || own;
        }

        return match;
    }

    private static Clause ReadClause(Queue<string> words, bool and, Func<string, bool, string, Func<T, bool>> compare)
    {
        var field = Next(words, "a clause has no field");
        var not = field.Equals("not", StringComparison.OrdinalIgnoreCase);
        if (not)
            field = Next(words, "\"not\" has no clause");
        var equal = Next(words, $"\"{field}\" has no operator") switch
        {
            "eq" => true,
            "ne" => false,
            var other => throw ImageFilter.Invalid($"there is no operator \"{other}\": use eq or ne"),
        };
        return new(and, compare(field, equal, ReadValue(words)), not);
    }

    /// <summary>One word, or several in quotation marks.</summary>
    private static string ReadValue(Queue<string> words)
    {
        var value = Next(words, "a clause has no value");
        if (!value.StartsWith('"'))
            return value;
        value = value[1..];
        while (!value.EndsWith('"'))
            value = $"{value} {Next(words, "a quotation has no end")}";
        return value[..^1];
    }

    private static string Next(Queue<string> words, string otherwise) => words.TryDequeue(out var word) ? word : throw ImageFilter.Invalid(otherwise);

    private sealed record Clause(bool And, Func<T, bool> Test, bool Not)
    {
        public bool Matches(T item) => Test(item) != Not;
    }
}
