import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { NodeConfig } from './config.ts';

/** Long enough that nobody guesses it, and made of what a header may carry. */
const TOKEN = /^[A-Za-z0-9._~+/=-]{32,256}$/;

/** A configuration that cannot be used, with what to mend. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface LoadedConfig {
  readonly config: NodeConfig;
  readonly dataDir: string;
  readonly planFile: string | null;
  readonly operationLog: string | null;
  readonly tokens: { readonly client: string; readonly admin: string; readonly peer: string };
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string } | null;
}

/**
 * Reads and checks a node's configuration and the secrets it names. Throws ConfigError. Nothing else is going on yet, so it waits for the
 * disk: the promises of Node's file system would take longer to load than all this to read.
 */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const folder = dirname(resolve(file));
  const at = (path: string): string => resolve(folder, path);
  const config = parse(file, readText(file));
  if (!config.members.some((member) => member.id === config.id)) {
    throw new ConfigError(`${file}: "${config.id}" is not among its own members; add it with its url.`);
  }
  const client = readToken(at(config.tokens.client));
  const admin = readToken(at(config.tokens.admin));
  const peer = readToken(at(config.tokens.peer));
  if (new Set([client, admin, peer]).size < 3) throw new ConfigError(`${file}: the three tokens must differ.`);
  return {
    config,
    dataDir: at(config.dataDir),
    planFile: config.faults.planFile === null ? null : at(config.faults.planFile),
    operationLog: config.faults.enabled && config.faults.operationLog !== undefined ? at(config.faults.operationLog) : null,
    tokens: { client, admin, peer },
    tls:
      config.tls === undefined
        ? null
        : {
            cert: readText(at(config.tls.certFile)),
            key: readSecret(at(config.tls.keyFile)),
            ca: readText(at(config.tls.caFile)),
          },
  };
}

function parse(file: string, text: string): NodeConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(`${file} is not JSON.`);
  }
  // Code that is made for a schema pays from the hundredth value on.
  const checked = NodeConfig.safeParse(value, { jitless: true });
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new ConfigError(`${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'is not a node configuration'}`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readToken(path: string): string {
  const token = readSecret(path);
  if (!TOKEN.test(token)) throw new ConfigError(`${path} holds no token; make one with: openssl rand -hex 32 > ${path}`);
  return token;
}

/** A secret lies in a file of its own that nobody else may read, and is never reached through a link. */
function readSecret(path: string): string {
  const descriptor = openSecret(path);
  try {
    const { mode, uid } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0) throw new ConfigError(`${path} may be read by others; run: chmod 600 ${path}`);
    if (process.getuid !== undefined && uid !== process.getuid()) throw new ConfigError(`${path} belongs to another user.`);
    return readFileSync(descriptor, 'utf8').trim();
  } finally {
    closeSync(descriptor);
  }
}

function openSecret(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw new ConfigError(`cannot read the secret ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
