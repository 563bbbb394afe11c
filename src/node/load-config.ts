import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
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

/** Reads and checks a node's configuration and the secrets it names. Throws ConfigError. */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  const folder = dirname(resolve(file));
  const at = (path: string): string => resolve(folder, path);
  const config = parse(file, await readText(file));
  if (!config.members.some((member) => member.id === config.id)) {
    throw new ConfigError(`${file}: "${config.id}" is not among its own members; add it with its url.`);
  }
  const [client, admin, peer] = await Promise.all([
    readToken(at(config.tokens.client)),
    readToken(at(config.tokens.admin)),
    readToken(at(config.tokens.peer)),
  ]);
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
            cert: await readText(at(config.tls.certFile)),
            key: await readSecret(at(config.tls.keyFile)),
            ca: await readText(at(config.tls.caFile)),
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

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function readToken(path: string): Promise<string> {
  const token = await readSecret(path);
  if (!TOKEN.test(token)) throw new ConfigError(`${path} holds no token; make one with: openssl rand -hex 32 > ${path}`);
  return token;
}

/** A secret lies in a file of its own that nobody else may read, and is never reached through a link. */
async function readSecret(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: Error) => {
    throw new ConfigError(`cannot read the secret ${path}: ${error.message}`);
  });
  try {
    const { mode, uid } = await handle.stat();
    if ((mode & 0o077) !== 0) throw new ConfigError(`${path} may be read by others; run: chmod 600 ${path}`);
    if (process.getuid !== undefined && uid !== process.getuid()) throw new ConfigError(`${path} belongs to another user.`);
    return (await handle.readFile('utf8')).trim();
  } finally {
    await handle.close();
  }
}
