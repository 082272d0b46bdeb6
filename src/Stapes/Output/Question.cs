using Stapes.Core;

namespace Stapes.Output;

/// <summary>Questions to whoever sits at standard input, person or script.</summary>
internal static class Question
{
    /// <param name="text">The question, with all that is to be printed.</param>
    /// <param name="defaultAnswer">What an empty line means; null when it is no answer.</param>
    /// <param name="accept">Whether an answer will do; it is asked again otherwise.</param>
    /// <exception cref="StapesException">The input ended.</exception>
    public static string Ask(string text, string? defaultAnswer = null, Func<string, bool>? accept = null)
    {
        while (true)
        {
            Console.Write(text);
            var answer = Console.ReadLine()?.Trim()
                ?? throw new StapesException(ErrorKind.Invalid, $"The input ended at the question \"{text.Trim()}\": answer it, or use the option for it");
            if (answer.Length == 0 && defaultAnswer is not null)
                return defaultAnswer;
            if (answer.Length > 0 && (accept is null || accept(answer)))
                return answer;
            Console.Error.WriteLine("Invalid input, try again.");
        }
    }

    /// <summary>The same for what must not be seen: a terminal does not show it. May be empty.</summary>
    /// <exception cref="StapesException">The input ended.</exception>
    public static string AskSecret(string text)
    {
        Console.Error.Write(text);
        if (Console.IsInputRedirected)
            return Console.ReadLine() ?? throw new StapesException(ErrorKind.Invalid, $"The input ended at the question \"{text.Trim()}\"");
        var secret = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key is ConsoleKey.Backspace)
                secret.Length = Math.Max(0, secret.Length - 1);
            else if (key.KeyChar != '\0')
                secret.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return secret.ToString();
    }
}
