// The scripts of the shells: each only hands the words of the line to jobctl, and what it answers to the shell.

/** A store that does not answer by then is left alone: somebody waits at the keyboard. */
const ASK = 'jobctl --timeout 1s completion';

const BASH = `# bash completion of jobctl: source <(jobctl completion bash)
_jobctl() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
    ${ASK} bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null
  )
}
complete -o default -F _jobctl jobctl
`;

const ZSH = `#compdef jobctl
# zsh completion of jobctl: source <(jobctl completion zsh), after compinit
_jobctl() {
  local -a found
  found=("\${(@f)$(${ASK} zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then _describe -V jobctl found; else _files; fi
}
compdef _jobctl jobctl
`;

const FISH = `# fish completion of jobctl: jobctl completion fish | source
function __jobctl_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (${ASK} fish -- $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c jobctl -f -a '(__jobctl_complete)'
`;

export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
export type Shell = keyof typeof SCRIPTS;
export const SHELLS = Object.keys(SCRIPTS) as readonly Shell[];
