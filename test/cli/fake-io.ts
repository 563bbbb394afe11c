/** A command line without a process: what it writes is kept, what it reads is given, its cluster is a fake. */
import { PassThrough } from 'node:stream';
import type { CliIo, OpenOptions, Target, TextSink } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';
import { type FakeCluster, fakeCluster } from '../commands/fake-cluster.ts';

export interface Run {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface FakeIoOptions {
  readonly cluster?: FakeCluster;
  readonly tty?: boolean;
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
}

class Sink implements TextSink {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 100;

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  once(): this {
    return this;
  }
}

/** `opened` collects what clusters were asked for. */
export async function cli(
  argv: readonly string[],
  options: FakeIoOptions = {},
  opened: (Target & OpenOptions)[] = [],
): Promise<Run> {
  const cluster = options.cluster ?? fakeCluster();
  const out = new Sink(options.tty === true);
  const err = new Sink(options.tty === true);
  const input = Object.assign(new PassThrough(), { isTTY: false, setRawMode: () => {} });
  input.end(options.input ?? '');
  const io: CliIo = {
    out,
    err,
    // The commands under test read it as a stream and look at isTTY; that much of it is there.
    input: input as unknown as NodeJS.ReadStream,
    env: { XDG_CONFIG_HOME: '/nonexistent', XDG_STATE_HOME: '/nonexistent', ...options.env },
    open: async (target, how) => {
      opened.push({ ...target, ...how });
      return cluster;
    },
  };
  const exit = await runCli(argv, io);
  return { exit, out: out.text, err: err.text };
}
