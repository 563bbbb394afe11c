/** The culprit as a page of its own: no scripts, nothing from elsewhere, every foreign character escaped. */
import { safe } from '../base/safe.ts';
import type { CheckReport } from './check.ts';
import { actionWords, operationWords, stateWords } from './operation-words.ts';
import { type Bar, layoutOf, marksOf, type TimelineLayout } from './timeline-layout.ts';

const MOST_COLUMNS = 400;
const MOST_BARS = 300;
const PITCH = 46;
const LANE = 34;
const NAMES = 150;

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2330; --paper: #fff; --dim: #667; --bar: #cfe0f5; --left: #f3e2b3; --guilty: #f2b8b5; --rule: #d5d9e0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --paper: #14171d; --dim: #98a; --bar: #2d4766; --left: #5d4e1e; --guilty: #7a2e2b; --rule: #333a46; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem; }
code, td, text { font-family: ui-monospace, monospace; font-size: 13px; }
figure { margin: 1rem 0; overflow-x: auto; border: 1px solid var(--rule); }
text { fill: var(--ink); } .dim { color: var(--dim); fill: var(--dim); } line { stroke: var(--rule); }
rect { fill: var(--bar); stroke: var(--dim); } rect.left { fill: var(--left); } rect.guilty { fill: var(--guilty); stroke-width: 2; } rect.open { stroke-dasharray: 4 3; }
td { padding: 0 1em 0 0; vertical-align: top; white-space: pre-wrap; } tr.guilty td { font-weight: bold; }
`;

export interface PageFacts {
  /** Where the history came from. */
  readonly title: string;
  /** One fact each, as the command prints them. */
  readonly lines: readonly string[];
}

export function timelinePage(report: CheckReport, { title, lines }: PageFacts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`${report.verdict}: ${title}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(report.verdict)}</h1>
<p><code>${escaped(title)}</code></p>
<ul>
${lines.map((line) => `<li>${escaped(line)}</li>`).join('\n')}
</ul>
${report.violations.length === 0 ? '' : picture(report)}</body>
</html>
`;
}

function picture(report: CheckReport): string {
  const layout = layoutOf(report, MOST_COLUMNS, MOST_BARS);
  const marks = marksOf(layout.bars);
  const violations = report.violations.map(({ rule, text }) => `<li>${escaped(rule)}: ${escaped(text)}</li>`).join('\n');
  const { culprit } = report;
  const order =
    culprit === null
      ? ''
      : `The longest order has ${culprit.order.placed.length} of ${culprit.group.operations.length} operations; then ${stateWords(layout.state)}. `;
  const hidden = layout.hidden > 0 ? `${layout.hidden} more operations on the same keys are not shown. ` : '';
  return `<h2>What is wrong</h2>
<ol>
${violations}
</ol>
<p>${escaped(order)}Numbers are places in that order, letters have none; red is the contradiction, a dashed bar never ended. ${hidden}Time runs
to the right, one column for all calls up to the next return.</p>
<figure>${drawing(layout, marks)}</figure>
<table>
${layout.bars.map((bar, at) => tableRow(bar, marks[at] ?? '')).join('\n')}
</table>
`;
}

function drawing({ lanes, bars, columns }: TimelineLayout, marks: readonly string[]): string {
  const width = NAMES + columns * PITCH + PITCH;
  const height = (lanes.length + 1) * LANE;
  const rows = lanes.map((name, lane) => {
    const y = lane * LANE + LANE;
    return `<text x="8" y="${y + 5}">${escaped(name.slice(0, 18))}</text><line x1="${NAMES}" y1="${y}" x2="${width}" y2="${y}"/>`;
  });
  const drawn = bars.map((bar, at) => barShape(bar, marks[at] ?? '', width));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" role="img">\n${[...rows, ...drawn].join('\n')}\n</svg>`;
}

function barShape(bar: Bar, mark: string, width: number): string {
  const x = NAMES + bar.from * PITCH;
  const end = bar.to === null ? width : NAMES + bar.to * PITCH;
  const y = bar.lane * LANE + LANE;
  const kind = bar.guilty ? 'guilty' : bar.place === null ? 'left' : 'placed';
  const words = `${mark}  ${actionWords(bar.operation)}`;
  const room = Math.max(mark.length, Math.floor((end - x - 8) / 8));
  const label = words.length > room ? words.slice(0, room).trimEnd() : words;
  return `<g><title>${escaped(tooltip(bar))}</title><rect class="${kind}${bar.to === null ? ' open' : ''}" x="${x}" y="${y - 12}" width="${end - x}" height="24" rx="4"/><text x="${x + 5}" y="${y + 5}">${escaped(label)}</text></g>`;
}

function tooltip({ operation }: Bar): string {
  const end = operation.return === null ? 'never returned' : `returned ${operation.return}`;
  return `${operationWords(operation)}\ncalled ${operation.call} µs, ${end}`;
}

function tableRow({ operation, guilty }: Bar, mark: string): string {
  const times = `${operation.call} to ${operation.return ?? '?'} µs`;
  const cells = [mark, operation.process, actionWords(operation), times].map((text) => `<td>${escaped(text)}</td>`);
  return `<tr${guilty ? ' class="guilty"' : ''}>${cells.join('')}</tr>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Line breaks of our own stay; nothing of others can hide, reorder or become markup. */
function escaped(text: string): string {
  return text
    .split('\n')
    .map((line) => safe(line).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? ''))
    .join('\n');
}
