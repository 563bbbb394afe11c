/** The program. Ends with the exit code of its command once everything it has written is on its way. */
import { keepCompiledCode } from './compile-cache.ts';

keepCompiledCode();
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away: there is nobody left to tell.
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
const { processIo } = await import('./io.ts');
const { runCli } = await import('./program.ts');
const code = await runCli(process.argv.slice(2), processIo());
process.stdout.write('', () => process.exit(code));
