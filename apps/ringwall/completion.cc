// Completion scripts: subcommands, and the flags that `--help` of each lists.

#include <fmt/format.h>

#include "commands.h"

namespace ringwall::app {
namespace {

constexpr const char* bash = R"sh(_ringwall() {
  local current=${COMP_WORDS[COMP_CWORD]}
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "$(ringwall help | awk '/^Subcommands:/{s=1;next} s&&/^  [a-z]/{print $1}') --help --version" -- "$current"))
  elif [[ $COMP_CWORD -eq 2 && $current != -* && ${COMP_WORDS[1]} == volumes ]]; then
    COMPREPLY=($(compgen -W "list adopt export remove" -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$(ringwall "${COMP_WORDS[1]}" --help | grep -oE -- '--[a-z-]+')" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _ringwall ringwall
)sh";

constexpr const char* zsh_prefix = "autoload -U +X bashcompinit && bashcompinit\n";

constexpr const char* fish = R"sh(complete -c ringwall -n __fish_use_subcommand -f -a "(ringwall help | awk '/^Subcommands:/{s=1;next} s&&/^  [a-z]/{print \$1}')"
complete -c ringwall -n '__fish_seen_subcommand_from volumes; and not __fish_seen_subcommand_from list adopt export remove' -f -a "list adopt export remove"
complete -c ringwall -n 'not __fish_use_subcommand' -a "(ringwall (commandline -opc)[2] --help | grep -oE -- '--[a-z-]+')"
)sh";

}  // namespace

int completion(const std::string& shell) {
  if (shell == "fish") {
    fmt::print("{}", fish);
  } else {
    fmt::print("{}{}", shell == "zsh" ? zsh_prefix : "", bash);
  }
  return exit_success;
}

}  // namespace ringwall::app
