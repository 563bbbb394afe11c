/** What the client asks of one open connection to a node, and of whoever opens it. */

export interface Connection {
  /** False from the moment it closes. */
  readonly open: boolean;
  /**
   * Sends one request. Rejects with the RpcError the node answered, or with UNKNOWN_OUTCOME when the connection closed
   * or `timeoutMs` passed before an answer came: the request may then have been carried out.
   */
  request(method: string, params: object, timeoutMs: number): Promise<unknown>;
  close(): void;
}

export interface DialRequest {
  readonly url: string;
  readonly token: string;
  /** PEM text of the authorities to trust for `wss:`; null: the system's. */
  readonly ca: string | null;
  readonly timeoutMs: number;
  readonly onNotification: (method: string, params: unknown) => void;
  /** Called once, also when it was closed from this side. */
  readonly onClose: () => void;
}

/** Opens a connection. Rejects with an RpcError, always a definite one: nothing was sent. */
export type Dial = (request: DialRequest) => Promise<Connection>;
