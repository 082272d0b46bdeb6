using System.CommandLine;

namespace Stapes.Commands.Documentation;

/// <summary><c>completion</c>: prints a script by which a shell completes the words of stapes. The words come from stapes itself.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new("shell") { Description = "bash, zsh or fish" };

    public static Command Create()
    {
        Shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", """
            Print a script that completes words in a shell

            For bash: stapes completion bash > /etc/bash_completion.d/stapes
            For zsh:  stapes completion zsh > "${fpath[1]}/_stapes"
            For fish: stapes completion fish > ~/.config/fish/completions/stapes.fish
            """) { Shell };
        command.SetAction(static result => Console.Write(result.GetRequiredValue(Shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        }));
        return command;
    }

    private const string Bash = """
        _stapes() {
            # Not the word of bash, which ends at a colon.
            local IFS=$'\n' found word=${COMP_LINE:0:COMP_POINT}
            word=${word##*[[:space:]]}
            local before=${word%"${word##*:}"}
            COMPREPLY=()
            [[ $COMP_WORDBREAKS == *:* ]] || before=
            # What is found is never expanded: servers choose the names of images.
            while IFS= read -r found; do
                [[ $found != "$word"* ]] || COMPREPLY+=("${found#"$before"}")
            done < <("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            if [[ ${#COMPREPLY[@]} -eq 0 ]]; then
                compopt -o filenames
                COMPREPLY=($(compgen -f -- "${word#"$before"}"))
            elif [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *: ]]; then
                compopt -o nospace
            fi
        }
        complete -F _stapes stapes incus-simplestreams

        """;

    private const string Zsh = """
        #compdef stapes incus-simplestreams
        _stapes() {
            local -a found remotes
            found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            remotes=("${(@M)found:#*:}")
            found=("${(@)found:#*:}")
            if [[ -n "${found[*]}${remotes[*]}" ]]; then compadd -S '' -- "${remotes[@]}"; compadd -- "${found[@]}"; else _files; fi
        }
        compdef _stapes stapes incus-simplestreams

        """;

    private const string Fish = """
        function __stapes_complete
            set -l line (commandline -cp)
            set -l program (string split ' ' -- $line)[1]
            $program "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null
        end
        complete -c stapes -a '(__stapes_complete)'
        complete -c incus-simplestreams -a '(__stapes_complete)'

        """;
}
