//! `checkride completions`: scripts for shells. What is typed after `call` is completed from the embedded models.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::cli::args::{Arguments, CompletionShell, CompletionsArguments};
use crate::cli::error::CommandError;
use crate::cli::exit::ExitCode;
use crate::cli::screen::Screen;

/// The words of a call: bash breaks them at colons, so the line itself is looked at.
const BASH: &str = r#"
_checkride_calls() {
    local line=${COMP_LINE:0:COMP_POINT} found
    local call='[[:space:]]call([[:space:]]+(-p|--profile|--dir)[[:space:]]+[^[:space:]]+)*[[:space:]]+([^-[:space:]][^[:space:]]*)?$'
    if [[ ! $line =~ $call ]]; then
        _checkride "$@"
        return
    fi
    local typed=${BASH_REMATCH[3]}
    COMPREPLY=()
    while IFS= read -r found; do
        if [[ $typed == *:* && $COMP_WORDBREAKS == *:* ]]; then found=${found#*:}; fi
        COMPREPLY+=("$found")
    done < <("$1" call --complete "$typed" 2>/dev/null)
    if [[ ${COMPREPLY[0]:-} == *: ]]; then compopt -o nospace 2>/dev/null; fi
    return 0
}
complete -F _checkride_calls -o bashdefault -o default checkride
"#;

/// Stands before the generated script's own end, which begins to complete.
const ZSH: &str = r#"
_checkride_calls() {
    local -a found
    found=(${(f)"$(checkride call --complete "$PREFIX" 2>/dev/null)"})
    compadd -U -S '' -- ${(M)found:#*:}
    compadd -U -- ${found:#*:}
}
"#;
/// What clap's script says of the operation of a call, and what it is to say: an action of ours.
const ZSH_ACTION: (&str, &str) =
    ("case and hyphens do not matter:_default", "case and hyphens do not matter:_checkride_calls");

const FISH: &str = r#"
complete -c checkride -n "__fish_checkride_using_subcommand call; and not string match -q -- '*:*' (commandline -opc)" -f -a '(set -l typed (commandline -ct); checkride call --complete "$typed" 2>/dev/null)'
"#;

pub(super) fn completions(arguments: &CompletionsArguments, screen: &Screen) -> Result<ExitCode, CommandError> {
    screen.data(&script(arguments.shell)).map_err(|error| CommandError::of(ExitCode::Unexpected, &error))?;
    Ok(ExitCode::Success)
}

fn script(shell: CompletionShell) -> String {
    match shell {
        CompletionShell::Bash => generated(Shell::Bash) + BASH,
        CompletionShell::Zsh => {
            let text = generated(Shell::Zsh).replace(ZSH_ACTION.0, ZSH_ACTION.1);
            // The first line names the command that it completes, and has to stay the first.
            let (head, body) = text.split_once('\n').unwrap_or((&text, ""));
            format!("{head}\n{ZSH}{body}")
        }
        CompletionShell::Fish => generated(Shell::Fish) + FISH,
    }
}

fn generated(shell: Shell) -> String {
    let mut text = Vec::new();
    generate(shell, &mut Arguments::command(), "checkride", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::script;
    use crate::cli::args::CompletionShell;

    #[test]
    fn each_script_knows_the_commands_and_asks_for_calls() {
        for shell in [CompletionShell::Bash, CompletionShell::Zsh, CompletionShell::Fish] {
            let text = script(shell);
            assert!(text.contains("resume") && text.contains("call --complete"), "{shell:?}");
        }
        let zsh = script(CompletionShell::Zsh);
        assert!(zsh.starts_with("#compdef checkride\n"), "{}", &zsh[..60]);
        assert_eq!(zsh.matches(":_checkride_calls").count(), 1, "the action of the operation is ours");
    }
}
