/** The reference half of docs/protocol.md, made from the method table and the error table, so that it cannot go stale. */
import { ERRORS, type ErrorKind } from '../base/errors.ts';
import { METHODS, type MethodName, type MethodRole } from './methods.ts';
import { COMMON_ERRORS, jsonSchema } from './openrpc.ts';

type Schema = Readonly<Record<string, unknown>>;

const SECTIONS: readonly (readonly [role: MethodRole, title: string, intro: string])[] = [
  ['client', 'Methods for clients', 'With the client token or the admin token.'],
  ['admin', 'Methods for admins', 'With the admin token only; others are answered FORBIDDEN.'],
  ['server', 'Notifications from a node', 'Sent without being asked for each time, after `node.subscribe` and `kv.watch`.'],
  [
    'peer',
    'Messages between nodes',
    'Notifications with the peer token, each node dialling each other node. A message that does not fit closes the connection.',
  ],
];

/** Markdown from the first generated heading to the end. */
export function protocolReference(): string {
  const sections = SECTIONS.map(([role, title, intro]) => {
    const names = Object.keys(METHODS).filter((name) => METHODS[name as MethodName].role === role) as MethodName[];
    return [`## ${title}`, intro, ...names.map(methodMarkdown)].join('\n\n');
  });
  return `${[...sections, errorsMarkdown()].join('\n\n')}\n`;
}

function methodMarkdown(name: MethodName): string {
  const { params, result, summary, errors } = METHODS[name];
  const parts = [`### \`${name}\``, summary, membersMarkdown('Parameters', jsonSchema(params, 'input'))];
  if (result !== null) parts.push(membersMarkdown('Result', jsonSchema(result, 'output')));
  if (errors.length > 0) parts.push(`Errors: ${errors.join(', ')}.`);
  return parts.join('\n\n');
}

function membersMarkdown(title: string, schema: Schema): string {
  const union = schema['oneOf'] ?? schema['anyOf'];
  if (Array.isArray(union)) return union.map((option) => membersMarkdown(`${title}, one of`, option as Schema)).join('\n\n');
  const members = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>);
  if (members.length === 0) return `${title}: none.`;
  const required = new Set(schema['required'] as readonly string[] | undefined);
  const rows = members.map(([name, member]) => {
    const remarks = [member['description'], defaultRemark(member)].filter((text) => text !== undefined);
    return `| \`${name}\`${required.has(name) ? '' : '?'} | ${typeText(member)} | ${cell(remarks.join(' '))} |`;
  });
  return [`| ${title} | | |`, '|---|---|---|', ...rows].join('\n');
}

function defaultRemark(schema: Schema): string | undefined {
  return schema['default'] === undefined ? undefined : `Default \`${JSON.stringify(schema['default'])}\`.`;
}

/** A type in few words; the OpenRPC document has it in full. */
function typeText(schema: Schema): string {
  const { type, enum: choices, anyOf, oneOf, items, prefixItems, properties } = schema;
  if ('const' in schema) return `\`${JSON.stringify(schema['const'])}\``;
  if (Array.isArray(choices)) return choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(', ');
  const union = anyOf ?? oneOf;
  if (Array.isArray(union)) return [...new Set(union.map((option) => typeText(option as Schema)))].join(' or ');
  if (Array.isArray(prefixItems)) return `[${prefixItems.map((item) => typeText(item as Schema)).join(', ')}]`;
  if (type === 'array') return `array of ${typeText((items ?? {}) as Schema)}`;
  if (type === 'object') return objectText((properties ?? {}) as Readonly<Record<string, Schema>>);
  return `${Array.isArray(type) ? type.join(' or ') : String(type ?? 'any')}${boundsText(schema)}`;
}

function objectText(properties: Readonly<Record<string, Schema>>): string {
  const names = Object.keys(properties);
  return names.length === 0 ? 'object' : `{${names.map((name) => `\`${name}\``).join(', ')}}`;
}

/** The safe-integer bounds go without saying. */
function boundsText({ minimum, maximum }: Schema): string {
  const least = typeof minimum === 'number' && minimum > Number.MIN_SAFE_INTEGER ? minimum : null;
  const most = typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? maximum : null;
  if (least !== null && most !== null) return ` ${least} to ${most}`;
  if (least !== null) return ` ≥ ${least}`;
  return most === null ? '' : ` ≤ ${most}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function errorsMarkdown(): string {
  const rows = Object.entries(ERRORS).map(([kind, { code, outcome, message }]) => {
    const common = COMMON_ERRORS.includes(kind as ErrorKind) ? 'any call' : '';
    return `| ${code} | ${kind} | ${outcome} | ${cell(message)} | ${common} |`;
  });
  return [
    '## Errors',
    '`data` of an error holds `kind` and `outcome`, and where they apply `leader`, `url`, `retryAfterMs` and `detail`.',
    ['| code | kind | outcome | meaning | |', '|---|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}
