/** TCP ports on 127.0.0.1 for the nodes of a local cluster. */
import { createServer, type Server } from 'node:net';
import { bindTo } from '../../../net/bind.ts';

const HOST = '127.0.0.1';

/** `count` different ports that nobody listens on now. All are held until the last is found, so none comes twice. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const bound = Array.from({ length: count }, () => bindTo(HOST, 0)).filter((socket) => socket !== null);
  if (bound.length === count) {
    const ports = bound.map((socket) => socket.address().port);
    for (const socket of bound) socket.close();
    return ports;
  }
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(closed));
  return ports;
}

/** True when this program could listen on the port now. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await closed(await listen(port));
    return true;
  } catch {
    return false;
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: HOST, exclusive: true }, () => resolve(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
