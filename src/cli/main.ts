/** The program. Ends with the exit code of its command once everything it has written is on its way. */
import { keepCompiledCode } from './compile-cache.ts';

keepCompiledCode(process.argv[2]);
const code = await run(process.argv.slice(2));
process.stdout.write('', () => process.exit(code));

async function run(argv: readonly string[]): Promise<number> {
  const [command, flag, file] = argv;
  // The very words with which `start` launches its nodes: they need no command table, and five of them start at once.
  if (command === 'node' && flag === '--config' && file !== undefined && argv.length === 3) {
    return (await import('../node/main.ts')).runNode(file);
  }
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe went away: there is nobody left to tell.
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  const { processIo } = await import('./io.ts');
  const { runCli } = await import('./program.ts');
  return runCli(argv, processIo());
}
