/**
 * Shell completion, made from what commander knows of commands, options and arguments; nothing is listed twice. The
 * names of nodes are asked of the proxy that the line names, each time.
 */
import type { Argument, Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Writes the names of a proxy's nodes, for the scripts. */
export const NODES_COMMAND = 'complete-nodes';

/** What may stand in some place: files, the nodes of the proxy, one of these words, or what nobody can guess. */
type Values = 'files' | 'nodes' | readonly string[];

interface CompletedOption {
  /** `-h` and `--help`; at least one. */
  readonly names: readonly string[];
  readonly description: string;
  /** undefined: it takes none. */
  readonly values: Values | undefined;
}

interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Of its first argument. */
  readonly values: Values;
}

export function completionScript(program: Command, shell: Shell): string {
  const commands = commandsOf(program);
  const name = program.name();
  switch (shell) {
    case 'bash':
      return bash(name, commands);
    case 'zsh':
      return zsh(name, commands);
    case 'fish':
      return fish(name, commands);
  }
}

function commandsOf(program: Command): readonly CompletedCommand[] {
  const help = program.createHelp();
  const commands = help.visibleCommands(program);
  const names = commands.map((command) => command.name());
  return commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionOf),
    values: command.name() === 'help' ? names : valuesOf(command.registeredArguments[0]),
  }));
}

function optionOf(option: Option): CompletedOption {
  return {
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
    description: option.description,
    values: option.required || option.optional ? valuesOf(option) : undefined,
  };
}

const TAKERS: Readonly<Record<string, Values>> = { file: 'files', node: 'nodes', cookie: 'nodes' };

/** What is taken says the usage: `--config <file>`, `[file]`, `<node>`. */
function valuesOf(taker: Option | Argument | undefined): Values {
  if (taker === undefined) return [];
  if (taker.argChoices !== undefined) return taker.argChoices;
  const usage = 'flags' in taker ? (/[<[]([^\]>]+)/.exec(taker.flags)?.[1] ?? '') : taker.name();
  return TAKERS[usage] ?? [];
}

function bash(program: string, commands: readonly CompletedCommand[]): string {
  const lines = (words: readonly string[]): string => quoted(words.join('\n'));
  const offer = (values: Values): string => {
    if (values === 'files') return 'files=1';
    if (values === 'nodes') return `words=$(${functionName(program)}_nodes)`;
    return values.length === 0 ? ':' : `words=${lines(values)}`;
  };
  const cases = commands.map(({ name, options, values }) => {
    const taking = options.flatMap((option) =>
      option.values === undefined ? [] : [`          ${option.names.join('|')}) ${offer(option.values)} ;;`],
    );
    const flags = lines(options.flatMap(({ names }) => names));
    return [
      `      ${name})`,
      '        case "$before" in',
      ...taking,
      `          *) if [[ $current == -* ]]; then words=${flags}; else ${offer(values)}; fi ;;`,
      '        esac ;;',
    ].join('\n');
  });
  return `# Completion for bash: source <(${program} completion bash)
${functionName(program)}_nodes() {
  local option pattern admin=()
  # Not from COMP_WORDS: bash makes words of the parts of a URL.
  for option in --admin --token-file; do
    pattern="\${option}[ =]+([^ ]+)"
    if [[ $COMP_LINE =~ $pattern ]]; then admin+=("$option" "\${BASH_REMATCH[1]}"); fi
  done
  "\${COMP_WORDS[0]}" ${NODES_COMMAND} "\${admin[@]}" 2>/dev/null
}
${functionName(program)}() {
  local IFS=$'\\n' words='' files='' at=$COMP_CWORD
  local current=\${COMP_WORDS[at]} before=\${COMP_WORDS[at - 1]}
  # bash makes three words of --config=FILE.
  if [[ $current == = ]]; then current=''; elif [[ $before == = ]]; then before=\${COMP_WORDS[at - 2]}; fi
  if ((at == 1)); then
    words=${lines(commands.map(({ name }) => name))}
  else
    case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=()
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$current"))
  elif [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -F ${functionName(program)} ${program}
`;
}

function zsh(program: string, commands: readonly CompletedCommand[]): string {
  const action = (values: Values): string => {
    if (values === 'files') return '_files';
    return values === 'nodes' ? `${functionName(program)}_nodes` : `(${values.join(' ')})`;
  };
  const specOf = ({ names, description, values }: CompletedOption): string => {
    const told = `[${description.replace(/[[\]:\\]/g, '\\$&')}]`;
    const value = values === undefined ? '' : `:value:${action(values)}`;
    return names.map((name) => quoted(`(${names.join(' ')})${name}${told}${value}`)).join(' ');
  };
  const cases = commands.map(({ name, options, values }) => {
    const specs = [...options.map(specOf), quoted(`1:argument:${action(values)}`)];
    return `    ${name}) _arguments ${specs.join(' ')} ;;`;
  });
  const described = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  return `#compdef ${program}
# Completion for zsh, after compinit: source <(${program} completion zsh)
${functionName(program)}_nodes() {
  local -a admin names
  local at
  for ((at = 2; at < $#words; at++)); do
    case $words[at] in
      --admin | --token-file) admin+=($words[at] $words[at+1]) ;;
      --admin=* | --token-file=*) admin+=($words[at]) ;;
    esac
  done
  names=(\${(f)"$($typed ${NODES_COMMAND} $admin 2>/dev/null)"})
  compadd -a names
}
${functionName(program)}() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local typed=$words[1]
  shift words
  ((CURRENT--))
  case $words[1] in
${cases.join('\n')}
  esac
}
compdef ${functionName(program)} ${program}
`;
}

function fish(program: string, commands: readonly CompletedCommand[]): string {
  const begin = `complete -c ${program}`;
  const takes = (values: Values | undefined): string => {
    if (values === undefined) return '';
    if (values === 'files') return ' -r -F';
    if (values === 'nodes') return ` -x -a '(${functionName(program)}_nodes)'`;
    return ` -x${values.length === 0 ? '' : ` -a ${quoted(values.join(' '))}`}`;
  };
  const argumentOf = (values: Values): readonly string[] => {
    if (values === 'files') return [' -F'];
    if (values === 'nodes') return [` -a '(${functionName(program)}_nodes)'`];
    return values.length > 0 ? [` -a ${quoted(values.join(' '))}`] : [];
  };
  const lines = commands.flatMap(({ name, description, options, values }) => {
    const here = `${begin} -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    const argument = argumentOf(values).map((offer) => `${here}${offer}`);
    return [
      `${begin} -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
      ...options.map((option) => {
        const names = option.names.map((flag) =>
          flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`,
        );
        return `${here}${names.join('')}${takes(option.values)} -d ${quoted(option.description)}`;
      }),
      ...argument,
    ];
  });
  return `# Completion for fish: ${program} completion fish | source
function ${functionName(program)}_nodes
    set -l typed (commandline -opc)
    set -l admin
    for at in (seq (count $typed))
        switch $typed[$at]
            case --admin --token-file
                test $at -lt (count $typed); and set -a admin $typed[$at] $typed[(math $at + 1)]
            case '--admin=*' '--token-file=*'
                set -a admin $typed[$at]
        end
    end
    $typed[1] ${NODES_COMMAND} $admin 2>/dev/null
end
${begin} -f
${lines.join('\n')}
`;
}

function functionName(program: string): string {
  return `_${program.replaceAll('-', '_')}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
