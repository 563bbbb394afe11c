/** What a command may touch of the world around it. Tests hand in their own. */
import type { ClusterDriver } from '../cluster/driver.ts';

export interface TextSink {
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Which cluster is meant: one of this machine by name, or any by the urls of its nodes. */
export interface Target {
  readonly home: string | null;
  readonly cluster: string;
  readonly urls: readonly string[];
  readonly tokenFile: string | null;
  readonly caFile: string | null;
}

export interface OpenOptions {
  /** True keeps the picture up to date, for as long as somebody looks. */
  readonly watch: boolean;
  /** The nodes stop when the driver closes. */
  readonly ownsNodes?: boolean;
}

export interface CliIo {
  readonly out: TextSink;
  readonly err: TextSink;
  readonly input: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly open: (target: Target, options: OpenOptions) => Promise<ClusterDriver>;
}

/** Global options, wherever on the line they stood. */
export interface Globals extends Target {
  readonly json: boolean;
  /** Results as tables, where they have columns. */
  readonly table?: boolean;
  readonly color: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
}

/** One call of one command. */
export interface Invocation {
  readonly io: CliIo;
  readonly globals: Globals;
  readonly args: readonly string[];
  /** By the camel-cased name of the option; a switch is `true`. */
  readonly options: Readonly<Record<string, unknown>>;
}

export function processIo(): CliIo {
  return { out: process.stdout, err: process.stderr, input: process.stdin, env: process.env, open: openTarget };
}

async function openTarget(target: Target, options: OpenOptions): Promise<ClusterDriver> {
  const { attachUrls, openCluster } = await import('../cluster/native/driver.ts');
  if (target.urls.length > 0) {
    const { UsageError } = await import('../commands/command.ts');
    if (target.tokenFile === null)
      throw new UsageError('a cluster given by urls needs its token', { next: 'add --token-file FILE' });
    const caFile = target.caFile === null ? {} : { caFile: target.caFile };
    return attachUrls(target.urls, target.tokenFile, { watch: options.watch, ...caFile });
  }
  const home = target.home === null ? {} : { home: target.home };
  return openCluster(target.cluster, { ...home, watch: options.watch, ownsNodes: options.ownsNodes ?? false });
}

/** Writes and waits until the reader keeps up. */
export function writeAll(sink: TextSink, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (sink.write(text)) resolve();
    else sink.once('drain', () => resolve());
  });
}
