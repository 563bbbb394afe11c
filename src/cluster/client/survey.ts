/** Asks every node who it is, to learn which one leads. */
import { z } from 'zod';
import { type ErrorKind, RpcError } from '../../base/errors.ts';
import { messageOf } from '../native/cluster-error.ts';
import type { ConnectionPool, Endpoint } from './connection-pool.ts';

/** How long a connected node may take to say who it is. */
const ANSWER_PATIENCE_MS = 500;

const Standing = z.object({ id: z.string().min(1).max(64), role: z.string(), term: z.int().min(0) });

export interface Survey {
  /** Of the nodes that say they lead, the one with the highest term. */
  readonly leader: Endpoint | null;
  /** Why nodes gave no answer, in words. */
  readonly troubles: readonly string[];
  /** Set when no node answered and at least one refused this client for good. */
  readonly refusal: ErrorKind | null;
}

interface Answer {
  readonly endpoint: Endpoint;
  /** Null when there was no answer. */
  readonly standing: z.infer<typeof Standing> | null;
  readonly trouble: unknown;
  readonly refusal: ErrorKind | null;
}

/**
 * Resolves when all have answered or failed, or sooner: a leader at the highest term that a majority knows of cannot
 * have been replaced without one of that majority knowing. `silent` is asked too, but not waited for. Never rejects.
 */
export async function surveyNodes(
  pool: ConnectionPool,
  endpoints: readonly Endpoint[],
  silent: Endpoint | null = null,
): Promise<Survey> {
  const answers: Answer[] = [];
  const isComplete = (): boolean =>
    endpoints.every((each) => each === silent || answers.some(({ endpoint }) => endpoint === each));
  await new Promise<void>((resolve) => {
    for (const endpoint of endpoints) {
      void askOne(pool, endpoint).then((answer) => {
        answers.push(answer);
        if (isComplete() || isConclusive(answers, endpoints.length)) resolve();
      });
    }
  });
  const leader = leaderOf(answers)?.endpoint ?? null;
  const unanswered = answers.every(({ standing }) => standing === null);
  return {
    leader,
    troubles: troublesOf(answers),
    refusal: unanswered ? (answers.find(({ refusal }) => refusal !== null)?.refusal ?? null) : null,
  };
}

function isConclusive(answers: readonly Answer[], total: number): boolean {
  const terms = answers.flatMap(({ standing }) => standing?.term ?? []);
  return 2 * terms.length > total && leaderOf(answers)?.standing?.term === Math.max(...terms);
}

function leaderOf(answers: readonly Answer[]): Answer | null {
  const leaders = answers.filter(({ standing }) => standing?.role === 'leader');
  return leaders.sort((one, other) => (other.standing?.term ?? 0) - (one.standing?.term ?? 0))[0] ?? null;
}

async function askOne(pool: ConnectionPool, endpoint: Endpoint): Promise<Answer> {
  try {
    const connection = await pool.connect(endpoint);
    const standing = Standing.parse(await connection.request('node.status', {}, ANSWER_PATIENCE_MS));
    endpoint.id = standing.id;
    return { endpoint, standing, trouble: null, refusal: null };
  } catch (error) {
    return { endpoint, standing: null, trouble: error, refusal: refusalOf(error) };
  }
}

/** `n1, n4: no answer in time`: nodes in the same trouble are named together. */
export function troublesOf(answers: readonly Pick<Answer, 'endpoint' | 'trouble'>[]): readonly string[] {
  const nodes = new Map<string, string[]>();
  for (const { endpoint, trouble } of answers) {
    if (trouble === null) continue;
    // Nothing was to be applied: it was asked who leads.
    const isSilent = trouble instanceof RpcError && trouble.kind === 'UNKNOWN_OUTCOME';
    const what = isSilent ? 'no answer in time' : messageOf(trouble).replace(/[.]$/, '');
    nodes.set(what, [...(nodes.get(what) ?? []), endpoint.id ?? endpoint.url]);
  }
  return [...nodes].map(([what, names]) => `${names.join(', ')}: ${what}`);
}

/** The kind when the node turned this client away for a reason that stays; else null. */
export function refusalOf(error: unknown): ErrorKind | null {
  if (!(error instanceof RpcError)) return null;
  return error.kind === 'UNAUTHENTICATED' || error.kind === 'FORBIDDEN' ? error.kind : null;
}
