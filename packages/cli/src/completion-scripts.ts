import { LANES } from '@ship/core';
import { ALL_VERBS, flagsOf } from './help.js';

/** What completes a word: a list, a kind that the command itself is asked for, or paths. */
type Words = readonly string[] | { readonly ask: string } | 'paths';

const ask = (kind: string): Words => ({ ask: kind });

/** The values of flags. What is not here takes any text, or nothing. */
const VALUES: Readonly<Record<string, Words>> = {
  '--env': ask('environments'),
  '-e': ask('environments'),
  '--config': 'paths',
  '-c': 'paths',
  '--lane': LANES,
  '--rollback-to': ask('snapshots'),
  '--rollback-component': ask('components'),
  '--to': ask('snapshots'),
  '--component': ask('components'),
  '--context': 'paths',
  '--replay': ask('runs'),
  '--rollback-timeout': [],
  '--lock-wait': [],
  '--reason': [],
};

/** What follows a verb, and what follows that. */
export const AFTER: Readonly<Record<string, { readonly first: Words; readonly second?: Words }>> = {
  help: { first: ask('verbs') },
  explain: { first: ask('codes') },
  completion: { first: ['bash', 'zsh', 'fish'] },
  trust: { first: 'paths' },
  lock: { first: ['status', 'release'] },
  state: { first: ['push'] },
  hold: { first: ['list', 'release'] },
  snapshots: { first: ['list', 'show', 'diff', 'verify', 'pin', 'unpin', 'prune'], second: ask('snapshots') },
  release: { first: ['status', 'start', 'stop', 'remove', 'logs'], second: ask('components') },
};

const verbs = (): string[] => Object.keys(ALL_VERBS);
/** `-e, --env NAME` as `-e` and `--env`. */
const spellings = (shown: string): string[] => shown.replace(/ [A-Z]+$/, '').split(', ');
const flagWords = (verb: string): string[] => flagsOf(verb).flatMap(([shown]) => spellings(shown));
/** `ship` alone deploys, and has flags for going back. */
const ALONE = ['--rollback-to', '--rollback-component', '--list-snapshots', '--force-rollback', '--rollback-on-failure', '--version'];
const flagsAlone = (): string[] => [...new Set([...flagWords('deploy'), ...ALONE])];

/** The script for each shell that there is one for. */
export const SHELLS: Readonly<Record<string, () => string>> = {
  bash: () => posix('bash'),
  zsh: () => posix('zsh'),
  fish,
};

/** bash and zsh differ in how they hand over what was typed, and in how they take words: what lies between is the same for both. */
function posix(shell: 'bash' | 'zsh'): string {
  const words = (of: Words) =>
    of === 'paths' ? '_ship_paths' : 'ask' in of ? `_ship_ask ${of.ask}` : `_ship_words ${of.join(' ')}`.trimEnd();
  const taking = Object.keys(VALUES).join('|');
  return `${shell === 'bash' ? '# bash completion of ship. Use: source <(ship completion bash)' : '#compdef ship\n# zsh completion of ship. Use: source <(ship completion zsh), or save it as _ship in a folder of $fpath'}
_ship_ask() {
  local each
  while IFS= read -r each; do _ship_words "$each"; done < <(command ship completion --words "$1" "\${_ship_given[@]}" 2> /dev/null)
}
${shell === 'bash' ? BASH : ZSH}
_ship_after() {
  local flag=$1 verb=$2 sub=$3 current=$4
  case $flag in
${Object.entries(VALUES)
  .map(([flag, of]) => `    ${flag}) ${words(of)}; return ;;`)
  .join('\n')}
  esac
  case $current in
    -*)
      case $verb in
${verbs()
  .map((verb) => `        ${verb}) _ship_words ${flagWords(verb).join(' ')} ;;`)
  .join('\n')}
        *) _ship_words ${flagsAlone().join(' ')} ;;
      esac
      return ;;
  esac
  case $verb:$sub in
    :*) _ship_words ${verbs().join(' ')} ;;
${Object.entries(AFTER)
  .flatMap(([verb, { first, second }]) => [
    `    ${verb}:) ${words(first)} ;;`,
    ...(second === undefined ? [] : [`    ${verb}:*) ${words(second)} ;;`]),
  ])
  .join('\n')}
  esac
}
_ship_read() {
  # Reads what was typed before the word that is completed: sets flag, verb, sub and _ship_given.
  flag= verb= sub= _ship_given=()
  local word
  for word; do
    case $flag in
      -e|--env|-c|--config) [ "$word" = = ] && continue; _ship_given+=("$flag" "$word"); flag=; continue ;;
      ?*) [ "$word" = = ] && continue; flag=; continue ;;
    esac
    case $word in
      ${taking}) flag=$word ;;
      -e=*|--env=*|-c=*|--config=*) _ship_given+=("$word") ;;
      -*|=) ;;
      *) if [ -z "$verb" ]; then verb=$word; elif [ -z "$sub" ]; then sub=$word; fi ;;
    esac
  done
}
${shell === 'bash' ? BASH_END : ZSH_END}`;
}

const BASH = `_ship_words() {
  local each
  for each; do [[ $each == "$_ship_current"* ]] && COMPREPLY+=("$each"); done
}
_ship_paths() { compopt -o default 2> /dev/null; }`;

// bash takes \`--env=x\` for three words.
const BASH_END = `_ship() {
  local flag verb sub _ship_given _ship_current=\${COMP_WORDS[COMP_CWORD]}
  [ "$_ship_current" = = ] && _ship_current=
  COMPREPLY=()
  _ship_read "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
  _ship_after "$flag" "$verb" "$sub" "$_ship_current"
}
complete -F _ship ship
`;

const ZSH = `_ship_words() { compadd -- "$@"; }
_ship_paths() { _files; }`;

const ZSH_END = `_ship() {
  local flag verb sub current=\${words[CURRENT]}
  local -a _ship_given
  _ship_read "\${(@)words[2,CURRENT-1]}"
  if [[ $current == --*=* ]]; then
    compset -P '*='
    flag=\${current%%=*}
  fi
  _ship_after "$flag" "$verb" "$sub" "$current"
}
if [ "$funcstack[1]" = _ship ]; then _ship "$@"; else compdef _ship ship; fi
`;

/** What fish is to offer: words by a command substitution, paths by itself. */
function fish(): string {
  const given = (of: Words) =>
    of === 'paths' ? ' -F' : 'ask' in of ? ` -x -a '(__ship_ask ${of.ask})'` : of.length === 0 ? ' -x' : ` -x -a '${of.join(' ')}'`;
  const option = (word: string) => (word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`);
  const text = (summary: string) => `'${summary.replaceAll("'", '')}'`;
  const flags = new Map([...verbs(), 'deploy'].flatMap((verb) => flagsOf(verb).map(([shown, summary]) => [shown, summary] as const)));
  const known = [...flags.keys()].flatMap(spellings);
  const where = (flag: string) => {
    const takers = verbs().filter((verb) => flagWords(verb).includes(flag));
    const alone = flagsAlone().includes(flag) ? 'not __fish_seen_subcommand_from $verbs; or ' : '';
    return ` -n "${alone}__fish_seen_subcommand_from ${takers.join(' ')}"`;
  };
  const lines = [
    '# fish completion of ship. Use: ship completion fish | source',
    'function __ship_ask',
    '  set -l given',
    '  set -l words (commandline -opc)',
    '  for at in (seq 2 (count $words))',
    '    if contains -- $words[$at] -e --env -c --config; and test (math $at + 1) -le (count $words)',
    '      set -a given $words[$at] $words[(math $at + 1)]',
    "    else if string match -qr -- '^(--env|--config)=' $words[$at]",
    '      set -a given $words[$at]',
    '    end',
    '  end',
    '  command ship completion --words $argv[1] $given 2> /dev/null',
    'end',
    `set -l verbs ${verbs().join(' ')}`,
    'complete -c ship -f',
    ...Object.entries(ALL_VERBS).map(
      ([verb, { summary }]) => `complete -c ship -n "not __fish_seen_subcommand_from $verbs" -a ${verb} -d ${text(summary)}`,
    ),
    ...[...flags].map(([shown, summary]) => {
      const [word = ''] = spellings(shown);
      return `complete -c ship${where(word)} ${spellings(shown).map(option).join(' ')}${VALUES[word] === undefined ? '' : given(VALUES[word])} -d ${text(summary)}`;
    }),
    ...ALONE.filter((flag) => !known.includes(flag)).map(
      (flag) => `complete -c ship${where(flag)} ${option(flag)}${VALUES[flag] === undefined ? '' : given(VALUES[flag])}`,
    ),
    ...Object.entries(AFTER).flatMap(([verb, { first, second }]) => {
      const isList = Array.isArray(first);
      const already = isList ? `; and not __fish_seen_subcommand_from ${first.join(' ')}` : '';
      return [
        `complete -c ship -n "__fish_seen_subcommand_from ${verb}${already}"${given(first)}`,
        ...(second === undefined || !isList
          ? []
          : [
              `complete -c ship -n "__fish_seen_subcommand_from ${verb}; and __fish_seen_subcommand_from ${first.join(' ')}"${given(second)}`,
            ]),
      ];
    }),
  ];
  return `${lines.join('\n')}\n`;
}
