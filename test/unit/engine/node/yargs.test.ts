import { helpText } from '../../../../src/cli/help.ts';
import { commandLine } from '../../../../src/cli/table.ts';
import type { OptionValue, ParseResult } from '../../../../src/engine/arguments.ts';
import { yargsParser } from '../../../../src/engine/node/yargs.ts';

const parser = yargsParser((_, command) => (command === undefined ? 'HELP' : `HELP ${command.name}`));
const parse = (argv: readonly string[]): ParseResult => parser.parse(commandLine, argv);

/** `--root="/r" create(c1) --bundle="/b"`: everything that was understood, in one line. */
function words(result: ParseResult): string {
  if (result.kind !== 'command') return result.kind === 'version' ? 'version' : told(result);
  const { command, arguments: args, global, options } = result.parsed;
  return [...list(global), `${command}(${args.join(',')})`, ...list(options)].join(' ');
}

function told(result: Extract<ParseResult, { kind: 'help' | 'usage' }>): string {
  return result.kind === 'help' ? result.text : `error: ${result.message}`;
}

function list(options: Readonly<Record<string, OptionValue>>): string[] {
  return Object.entries(options).map(([name, value]) => `--${name}=${JSON.stringify(value)}`);
}

/** A command line, split at spaces unless it is a list, and what is understood. */
type Row = readonly [string | readonly string[], string];

function understands(rows: readonly Row[]): void {
  test.each(rows.map(([typed, meaning]) => [typeof typed === 'string' ? typed.split(' ') : typed, meaning] as const))(
    '%j is %s',
    (argv, meaning) => {
      expect(words(parse(argv))).toBe(meaning);
    },
  );
}

describe('What clients send', () => {
  understands([
    [
      '--root /run/containerd/runc/k8s.io --log /b/log.json --log-format json create --bundle /b --pid-file /b/init.pid c1',
      '--log="/b/log.json" --log-format="json" --root="/run/containerd/runc/k8s.io" create(c1) --bundle="/b" --pid-file="/b/init.pid"',
    ],
    [
      '--root /r --systemd-cgroup create --bundle /b --console-socket /tmp/pty1/pty.sock --no-pivot --no-new-keyring c1',
      '--root="/r" --systemd-cgroup=true create(c1) --bundle="/b" --console-socket="/tmp/pty1/pty.sock" --no-pivot=true --no-new-keyring=true',
    ],
    ['--root /r delete --force c1', '--root="/r" delete(c1) --force=true'],
    ['kill --all c1 9', 'kill(c1,9) --all=true'],
    ['kill -a c1 9', 'kill(c1,9) --all=true'],
    ['kill c1 KILL', 'kill(c1,KILL)'],
    ['list --format=json', 'list() --format="json"'],
    ['run --bundle /b --no-pivot --keep c1', 'run(c1) --bundle="/b" --no-pivot=true --keep=true'],
    ['run --detach -no-subreaper --bundle /b c1', 'run(c1) --bundle="/b" --detach=true --no-subreaper=true'],
    ['create --bundle /b --pid-file p --preserve-fds=2 c1', 'create(c1) --bundle="/b" --pid-file="p" --preserve-fds=2'],
    ['create --preserve-fds=5 --preserve-fds 1 c1', 'create(c1) --preserve-fds=1'],
    ['--systemd-cgroup --systemd-cgroup state c1', '--systemd-cgroup=true state(c1)'],
    ['--cgroup-manager disabled create c1', '--cgroup-manager="disabled" create(c1)'],
    ['--rootless=true state c1', '--rootless="true" state(c1)'],
    ['--rootless true state c1', '--rootless="true" state(c1)'],
    ['--log=journald:c1 --log-level=error state c1', '--log="journald:c1" --log-level="error" state(c1)'],
    ['exec -d x', 'exec(x) --detach=true'],
    ['create --bundle /b --pidfd-socket /s c1', 'create(c1) --bundle="/b" --pidfd-socket="/s"'],
    [
      'checkpoint --image-path /i --work-path /w --tcp-established --shell-job --file-locks --empty-ns network c1',
      'checkpoint(c1) --image-path="/i" --work-path="/w" --tcp-established=true --shell-job=true --file-locks=true --empty-ns=["network"]',
    ],
    [
      '--root /r checkpoint --image-path /i --work-path /w --leave-running --file-locks c1',
      '--root="/r" checkpoint(c1) --image-path="/i" --work-path="/w" --leave-running=true --file-locks=true',
    ],
    [
      'restore --image-path /i --work-path /w --detach --pid-file /p --no-pivot -no-subreaper --bundle /b c1',
      'restore(c1) --bundle="/b" --pid-file="/p" --detach=true --no-subreaper=true --no-pivot=true --image-path="/i" --work-path="/w"',
    ],
    [
      'restore --bundle /b --pid-file /p --detach --image-path /i --work-path /b --lsm-mount-context=l c1',
      'restore(c1) --bundle="/b" --pid-file="/p" --detach=true --image-path="/i" --work-path="/b" --lsm-mount-context="l"',
    ],
    ['features', 'features()'],
    ['--version', 'version'],
  ]);
});

describe('One dash or two', () => {
  understands([
    ['create -bundle /b c1', 'create(c1) --bundle="/b"'],
    ['create --bundle /b c1', 'create(c1) --bundle="/b"'],
    ['create -bundle=/b c1', 'create(c1) --bundle="/b"'],
    ['create -b /b c1', 'create(c1) --bundle="/b"'],
    ['create --b /b c1', 'create(c1) --bundle="/b"'],
    ['create -b=/b c1', 'create(c1) --bundle="/b"'],
    ['create --b=/b c1', 'create(c1) --bundle="/b"'],
    ['-root /r state c1', '--root="/r" state(c1)'],
    ['-root=/r state c1', '--root="/r" state(c1)'],
    ['-debug state c1', '--debug=true state(c1)'],
    ['list -q', 'list() --quiet=true'],
    ['list -quiet', 'list() --quiet=true'],
    ['list --q', 'list() --quiet=true'],
    ['list -f json -q', 'list() --format="json" --quiet=true'],
    ['-v', 'version'],
    ['--v', 'version'],
    ['-version', 'version'],
    ['create ---bundle /b c1', 'error: bad flag syntax: ---bundle'],
    ['create -=x c1', 'error: bad flag syntax: -=x'],
    ['create --=x c1', 'error: bad flag syntax: --=x'],
    ['--- state', 'error: bad flag syntax: ---'],
  ]);
});

describe('Values', () => {
  understands([
    ['create --bundle=/a=b c1', 'create(c1) --bundle="/a=b"'],
    ['create --bundle= c1', 'create(c1) --bundle=""'],
    [['create', '--bundle', '', 'c1'], 'create(c1) --bundle=""'],
    [['create', '--bundle', 'a b\nc', 'c1'], 'create(c1) --bundle="a b\\nc"'],
    [['create', '--bundle=a\nb', 'c1'], 'create(c1) --bundle="a\\nb"'],
    ['create --bundle -x c1', 'create(c1) --bundle="-x"'],
    ['create --bundle -- c1', 'create(c1) --bundle="--"'],
    ['create --bundle --no-pivot c1', 'create(c1) --bundle="--no-pivot"'],
    ['create --bundle=--no-pivot c1', 'create(c1) --bundle="--no-pivot"'],
    ['create --bundle /a --bundle /b c1', 'create(c1) --bundle="/b"'],
    ['create -b /a --bundle=/b c1', 'create(c1) --bundle="/b"'],
    ['create --bundle 007 c1', 'create(c1) --bundle="007"'],
    ['create --bundle 1e3 c1', 'create(c1) --bundle="1e3"'],
    ['create --bundle true c1', 'create(c1) --bundle="true"'],
    [`create --bundle "quoted" c1`, 'create(c1) --bundle="\\"quoted\\""'],
    [`create --bundle='quoted' c1`, `create(c1) --bundle="'quoted'"`],
    [`create --bundle "'quoted'" c1`, `create(c1) --bundle="\\"'quoted'\\""`],
    ['create --bundle " c1', 'create(c1) --bundle="\\""'],
    [`exec -e "A=1" --env='A=1' c1`, `exec(c1) --env=["\\"A=1\\"","'A=1'"]`],
    ['create --bundle a.b.c c1', 'create(c1) --bundle="a.b.c"'],
    ['create --bundle __proto__ c1', 'create(c1) --bundle="__proto__"'],
    ['create --bundle $HOME c1', 'create(c1) --bundle="$HOME"'],
    ['create --bundle', 'error: flag needs an argument: -bundle'],
    ['create c1 --bundle', 'error: flag needs an argument: -bundle'],
    ['create -b', 'error: flag needs an argument: -b'],
    ['--root', 'error: flag needs an argument: -root'],
    ['--root /r --log', 'error: flag needs an argument: -log'],
    ['create --preserve-fds', 'error: flag needs an argument: -preserve-fds'],
  ]);
});

describe('Booleans', () => {
  understands([
    ['list --quiet=true', 'list() --quiet=true'],
    ['list --quiet=false', 'list() --quiet=false'],
    ['list -q=0', 'list() --quiet=false'],
    ['list -q=1', 'list() --quiet=true'],
    ['list -q=T', 'list() --quiet=true'],
    ['list -q=F', 'list() --quiet=false'],
    ['list -q=TRUE', 'list() --quiet=true'],
    ['list -q=False', 'list() --quiet=false'],
    ['list --quiet --quiet=false', 'list() --quiet=false'],
    ['list --quiet=false --quiet', 'list() --quiet=true'],
    ['delete --force c1', 'delete(c1) --force=true'],
    ['delete --force true', 'delete(true) --force=true'],
    ['create --no-pivot=false c1', 'create(c1) --no-pivot=false'],
    ['create --no-pivot c1', 'create(c1) --no-pivot=true'],
    ['--debug=false state c1', '--debug=false state(c1)'],
    ['--help=false state c1', '--help=false state(c1)'],
    ['list --quiet=', 'error: invalid boolean value "" for -quiet: parse error'],
    ['list -q=yes', 'error: invalid boolean value "yes" for -q: parse error'],
    ['list --quiet=tRUE', 'error: invalid boolean value "tRUE" for -quiet: parse error'],
    ['list --quiet=constructor', 'error: invalid boolean value "constructor" for -quiet: parse error'],
    ['--debug=2 state c1', 'error: invalid boolean value "2" for -debug: parse error'],
    ['list --no-quiet', 'error: flag provided but not defined: -no-quiet'],
    ['create --pivot c1', 'error: flag provided but not defined: -pivot'],
  ]);
});

describe('Numbers', () => {
  const number = (typed: string, value: string): Row => [
    `create --preserve-fds=${typed} c1`,
    `create(c1) --preserve-fds=${value}`,
  ];
  const refused = (typed: string, why: string): Row => [
    `create --preserve-fds=${typed} c1`,
    `error: invalid value "${typed}" for flag -preserve-fds: ${why}`,
  ];
  understands([
    number('0', '0'),
    number('3', '3'),
    number('+3', '3'),
    number('-1', '-1'),
    number('0x10', '16'),
    number('0X1f', '31'),
    number('017', '15'),
    number('0o17', '15'),
    number('0b11', '3'),
    ['create --preserve-fds 4 c1', 'create(c1) --preserve-fds=4'],
    ['create --preserve-fds 1 --preserve-fds 2 c1', 'create(c1) --preserve-fds=2'],
    refused('', 'parse error'),
    refused('x', 'parse error'),
    refused('1.5', 'parse error'),
    refused('1e3', 'parse error'),
    refused('08', 'parse error'),
    refused('3x', 'parse error'),
    refused('Infinity', 'parse error'),
    refused('99999999999999999999', 'value out of range'),
  ]);
});

describe('Order of options and arguments', () => {
  understands([
    ['create c1 --bundle /b', 'create(c1) --bundle="/b"'],
    ['create c1 -bundle=/b --no-pivot', 'create(c1) --bundle="/b" --no-pivot=true'],
    ['create --no-pivot c1 --bundle /b', 'create(c1) --bundle="/b" --no-pivot=true'],
    ['kill c1 --all 9', 'kill(c1,9) --all=true'],
    ['kill c1 9 --all', 'kill(c1,9) --all=true'],
    ['delete c1 -f', 'delete(c1) --force=true'],
    ['delete -- -f', 'delete(-f)'],
    ['delete -f -- -f', 'delete(-f) --force=true'],
    ['kill c1 -- -9', 'kill(c1,-9)'],
    ['kill -- c1 9', 'kill(c1,9)'],
    ['kill c1 -9', 'error: flag provided but not defined: -9'],
    ['state -- --help', 'state(--help)'],
    ['state -', 'state(-)'],
    ['-- state c1', 'state(c1)'],
    ['--root /r -- state c1', '--root="/r" state(c1)'],
    ['state c1 --root /r', 'error: flag provided but not defined: -root'],
    ['state --debug c1', 'error: flag provided but not defined: -debug'],
    ['list --quiet --format json', 'list() --format="json" --quiet=true'],
  ]);
});

describe('Commands of a container, which keep their own options', () => {
  understands([
    ['exec c1 ls -l --help', 'exec(c1,ls,-l,--help)'],
    ['exec -t c1 sh -c x', 'exec(c1,sh,-c,x) --tty=true'],
    ['exec -t c1 -t', 'exec(c1,-t) --tty=true'],
    ['exec -t -- c1 -- x', 'exec(c1,--,x) --tty=true'],
    ['exec c1 -- x', 'exec(c1,--,x)'],
    ['exec --env A=1 --env B=2 -e C=3 c1', 'exec(c1) --env=["A=1","B=2","C=3"]'],
    ['exec --env A=1 c1 env', 'exec(c1,env) --env=["A=1"]'],
    ['exec --env=A=b=c c1', 'exec(c1) --env=["A=b=c"]'],
    ['exec --env= -e 1 c1', 'exec(c1) --env=["","1"]'],
    ['exec -e 007 -c CAP_KILL --cap -x c1', 'exec(c1) --env=["007"] --cap=["CAP_KILL","-x"]'],
    ['exec -e a,b c1', 'exec(c1) --env=["a,b"]'],
    ['exec -u 0:0 -u 1:1 c1', 'exec(c1) --user="1:1"'],
    ['exec -tu 0 c1', 'error: flag provided but not defined: -tu'],
    ['exec --help', 'HELP exec'],
  ]);
});

describe('IDs', () => {
  understands([
    ['state 0123', 'state(0123)'],
    ['state 1e3', 'state(1e3)'],
    ['state 0x10', 'state(0x10)'],
    ['state true', 'state(true)'],
    ['state __proto__', 'state(__proto__)'],
    ['state a.b.c', 'state(a.b.c)'],
    ['state noPivot', 'state(noPivot)'],
    ['state "c1"', 'state("c1")'],
    ['state help', 'state(help)'],
    [['state', ''], 'state()'],
    [['state', 'a b'], 'state(a b)'],
  ]);
});

describe('Help', () => {
  understands([
    [[], 'HELP'],
    ['--', 'HELP'],
    ['-h', 'HELP'],
    ['--help', 'HELP'],
    ['-help', 'HELP'],
    ['--help state', 'HELP'],
    ['-h -v', 'HELP'],
    ['--root /r', 'HELP'],
    ['help', 'help()'],
    ['help create', 'help(create)'],
    ['create --help', 'HELP create'],
    ['create -h', 'HELP create'],
    ['create c1 --help', 'HELP create'],
    ['state --help a b c', 'HELP state'],
    ['state --help=false c1', 'state(c1)'],
    ['help --help', 'HELP help'],
    ['--version state c1', 'version'],
    ['--version=false state c1', '--version=false state(c1)'],
  ]);
});

describe('What is no command line of ours', () => {
  understands([
    ['--bogus state c1', 'error: flag provided but not defined: -bogus'],
    ['-hv', 'error: flag provided but not defined: -hv'],
    ['--bogus --help', 'error: flag provided but not defined: -bogus'],
    ['--help --bogus', 'error: flag provided but not defined: -bogus'],
    ['state --bogus', 'error: flag provided but not defined: -bogus'],
    ['state --bogus=1 c1', 'error: flag provided but not defined: -bogus'],
    ['state c1 --bogus', 'error: flag provided but not defined: -bogus'],
    ['run -bd c1', 'error: flag provided but not defined: -bd'],
    ['create --noPivot c1', 'error: flag provided but not defined: -noPivot'],
    ['create --pidFile x c1', 'error: flag provided but not defined: -pidFile'],
    ['create --_ c1', 'error: flag provided but not defined: -_'],
    ['create --__proto__ c1', 'error: flag provided but not defined: -__proto__'],
    ['create --bundle.x c1', 'error: flag provided but not defined: -bundle.x'],
    ['create --version c1', 'error: flag provided but not defined: -version'],
    ['teleport --help', 'error: "teleport" is not a command, see tsrunc --help'],
    ['bogus', 'error: "bogus" is not a command, see tsrunc --help'],
    ['crea c1', 'error: "crea" is not a command, see tsrunc --help'],
    ['State c1', 'error: "State" is not a command, see tsrunc --help'],
    [[''], 'error: "" is not a command, see tsrunc --help'],
    ['state', 'error: tsrunc: "state" requires exactly 1 argument(s)'],
    ['state a b', 'error: tsrunc: "state" requires exactly 1 argument(s)'],
    ['create', 'error: tsrunc: "create" requires exactly 1 argument(s)'],
    ['delete --force', 'error: tsrunc: "delete" requires exactly 1 argument(s)'],
    ['list extra', 'error: tsrunc: "list" requires exactly 0 argument(s)'],
    ['features extra', 'error: tsrunc: "features" requires exactly 0 argument(s)'],
    ['kill', 'error: tsrunc: "kill" requires a minimum of 1 argument(s)'],
    ['kill a b c', 'error: tsrunc: "kill" requires a maximum of 2 argument(s)'],
    ['exec', 'error: tsrunc: "exec" requires a minimum of 1 argument(s)'],
    ['help a b', 'error: tsrunc: "help" requires a maximum of 1 argument(s)'],
  ]);
});

describe('A usage failure', () => {
  test('says what is wrong above the help of its command', () => {
    expect(parse(['state', '--bogus'])).toMatchObject({
      help: 'Incorrect Usage: flag provided but not defined: -bogus\n\nHELP state',
    });
  });

  test('says so above the help of the program when it is before the command', () => {
    expect(parse(['--bogus'])).toMatchObject({
      help: 'Incorrect Usage: flag provided but not defined: -bogus\n\nHELP',
    });
  });

  test('prints help without a repetition when the number of arguments is wrong', () => {
    expect(parse(['state'])).toMatchObject({ help: 'Incorrect Usage.\n\nHELP state' });
  });

  test('prints no help for an unknown command, which is no help with it', () => {
    expect(parse(['teleport', '--help'])).toMatchObject({ kind: 'usage', help: '' });
  });

  test('hands on the global options, so that it can be logged where the caller looks', () => {
    const global = { log: '/l', 'log-format': 'json' };
    const typed = ['--log', '/l', '--log-format=json'];
    expect(parse([...typed, 'state'])).toMatchObject({ kind: 'usage', global });
    expect(parse([...typed, 'state', '--bogus'])).toMatchObject({ kind: 'usage', global });
    expect(parse([...typed, '--bogus', 'state'])).toMatchObject({ kind: 'usage', global });
    expect(parse([...typed, 'bogus'])).toMatchObject({ kind: 'usage', global });
  });
});

test('The environment and the locale are not read', () => {
  const env = process.env;
  const touched: PropertyKey[] = [];
  const spy = new Proxy(env, {
    get: (target, key) => {
      touched.push(key);
      return Reflect.get(target, key);
    },
  });
  try {
    process.env = spy;
    parse(['--root', '/r', 'create', '--bundle', '/b', 'c1']);
    parse(['create', '--bogus']);
  } finally {
    process.env = env;
  }
  expect(touched).toEqual([]);
});

test('Every option and every alias of the table is understood', () => {
  for (const command of commandLine.commands) {
    const ids = command.arguments.filter(({ required }) => required).map(() => 'x');
    for (const option of command.options) {
      for (const name of [option.name, option.alias ?? option.name]) {
        const result = parse([command.name, `--${name}=1`, ...ids]);
        expect(result).toMatchObject({ kind: 'command', parsed: { command: command.name } });
        expect(words(result)).toContain(` --${option.name}=`);
      }
    }
  }
});

test('The real help is given for --help', () => {
  const real = yargsParser(helpText);
  expect(real.parse(commandLine, ['--help'])).toEqual({ kind: 'help', text: helpText(commandLine) });
});
