/** What a benchmark was asked for: `--help` prints what stands at the top of its file, and so does a flag that it does not have. */
import { readFileSync } from 'node:fs';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** Ends the process, after the help with 0 and after a mistake with 2. `file`: the benchmark's own. */
export function argumentsOf<Options extends ParseArgsOptionsConfig>(file: string, options: Options) {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    console.log(describedAtTop(file));
    process.exit(0);
  }
  try {
    return parseArgs<{ options: Options; allowPositionals: true }>({ options, allowPositionals: true });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${describedAtTop(file)}`);
    process.exit(2);
  }
}

function describedAtTop(file: string): string {
  const [, text = ''] = /\/\*\*([\s\S]*?)\*\//.exec(readFileSync(file, 'utf8')) ?? [];
  return text.replaceAll(/^ *\* ?/gm, '').trim();
}
