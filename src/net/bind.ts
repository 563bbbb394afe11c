/**
 * A socket bound to a numeric address at once. `listen` takes the address for a name, loads the resolver, and looks at the answer with
 * a pattern for IPv6 whose compiling takes longer than all else of it: a tenth of a node's start.
 */
export interface BoundSocket {
  address(): { readonly port: number };
  /** For one that no server has taken over. */
  close(): void;
}

interface Net {
  readonly isIPv4: (text: string) => boolean;
  /** Of Node 24.18 and later. */
  readonly BoundSocket?: new (at: {
    readonly host: string;
    readonly port: number;
  }) => BoundSocket;
}

/** Port 0: a free one. Null where Node cannot, or `host` is no IPv4 address. Throws what the system says, EADDRINUSE above all. */
export function bindTo(host: string, port: number): BoundSocket | null {
  const net: Net = process.getBuiltinModule('node:net');
  return net.BoundSocket === undefined || !net.isIPv4(host) ? null : new net.BoundSocket({ host, port });
}
