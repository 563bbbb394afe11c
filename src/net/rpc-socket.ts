/** The one wrapper around json-rpc-2.0: both directions of JSON-RPC over one WebSocket, with every bound in place. */
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { JSONRPCClient, type JSONRPCErrorResponse, type JSONRPCResponse, JSONRPCServer } from 'json-rpc-2.0';
import type { WebSocket } from 'ws';
import type { NodeId } from '../base/brand.ts';
import { type ErrorData, type ErrorKind, RpcError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { NumberTable } from '../base/number-table.ts';
import type { Call, Reply } from '../wire/guard.ts';
import { callText, readFrame, resultText } from '../wire/load-frames.ts';
import { AdmissionGate } from './admission.ts';
import { Alarm } from './alarms.ts';
import { FrameWriter, readTexts, writeWaitingFrames } from './carrier.ts';
import type { HeldFrame } from './held-frame.ts';
import type { Intake } from './intake.ts';
import type { Lane } from './lane.ts';
import { Later } from './later.ts';
import { Liveness } from './liveness.ts';
import { RETRY_AFTER_MS, refusal } from './refusal.ts';
import { type RemoteRole, type RpcLimits, rpcLimits } from './rpc-limits.ts';
import { Repeats } from './same-answers.ts';
import { errorFromReply, errorReply } from './wire-errors.ts';

/** What a handler knows of the call beside its parameters. */
export interface CallContext {
  readonly role: RemoteRole;
  /** The peer at the other end; null for clients and servers. */
  readonly peer: NodeId | null;
  readonly connection: RpcSocket;
}

/** Parameters are unchecked: an object, or undefined. Returns the answer, or a promise of it, or a Later; throws or fails with RpcError to answer with an error. */
export type Handler = (params: unknown, context: CallContext) => unknown;

/** A line for the node's log: `detail` may hold text from outside. */
export type WireLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  detail?: Readonly<Record<string, unknown>>,
) => void;

export interface RpcSocketOptions {
  readonly role: RemoteRole;
  readonly peer?: NodeId;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly limits?: Partial<RpcLimits>;
  /** Shared by all connections of clients; without it the bounds of the connection alone hold. */
  readonly intake?: Intake;
  readonly log: WireLog;
  readonly onClose?: (code: number, reason: string) => void;
  /** A handler threw what is not an RpcError: our own bug. The caller was told INTERNAL and nothing more. */
  readonly onBug?: (error: unknown) => void;
}

/**
 * The calls that carry the load go past the library's dispatch, which costs a third of what they cost in all. What they
 * mean is the same, and everything else goes through it.
 */
const LOAD: ReadonlySet<string> = new Set(['kv.put', 'kv.get', 'kv.delete', 'kv.range', 'kv.cas']);

const TRY_AGAIN_LATER = 1013;
const POLICY_VIOLATION = 1008;
const UNSUPPORTED_DATA = 1003;
const INVALID_PAYLOAD = 1007;
const UNREAD = 'answers are not being read';

/** Takes over an open socket. Owns its events from here on. */
export class RpcSocket {
  readonly role: RemoteRole;
  readonly peer: NodeId | null;
  readonly #socket: WebSocket;
  readonly #options: RpcSocketOptions;
  readonly #limits: RpcLimits;
  readonly #context: CallContext;
  readonly #server: JSONRPCServer<CallContext>;
  readonly #client: JSONRPCClient;
  readonly #gate: AdmissionGate;
  readonly #lane: Lane | null;
  readonly #writer: FrameWriter;
  readonly #liveness: Liveness;
  /** What is done with the answer to each request of ours. */
  readonly #pending = new NumberTable<(reply: Reply) => void>();
  readonly #closeListeners: (() => void)[] = [];
  readonly #repeats = new Repeats();
  #nextId = 1;
  #badFrames = 0;

  constructor(socket: WebSocket, options: RpcSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.role = options.role;
    this.peer = options.peer ?? null;
    this.#limits = { ...rpcLimits(options.role), ...options.limits };
    this.#context = { role: this.role, peer: this.peer, connection: this };
    this.#gate = new AdmissionGate({ calls: this.#limits.inflightCalls, bytes: this.#limits.inflightBytes });
    this.#lane = this.#joinIntake();
    this.#writer = new FrameWriter(socket);
    this.#server = this.#createServer();
    this.#client = new JSONRPCClient(({ id, method, params }: Call) => this.#sendRequest(Number(id), method, params ?? {}));
    const refuse = (): void => this.close(UNSUPPORTED_DATA, 'text frames only');
    readTexts(socket, (text) => this.#receive(text), refuse, this.#lane);
    // A protocol error of the other end; the socket closes by itself and says so below.
    socket.on('error', (error) => options.log('debug', 'socket error', { role: options.role, error: error.message }));
    socket.on('close', (code, reason) => this.#closed(code, reason.toString()));
    this.#liveness = new Liveness(socket, {
      everyMs: this.#limits.pingMs,
      measures: false,
      paused: () => socket.isPaused,
      onDead: (why) => this.#abort(why),
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Written here but not yet taken by the system. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount + this.#writer.waitingUnits;
  }

  /** Requests of ours that wait for their answer. */
  get pendingRequests(): number {
    return this.#pending.size;
  }

  /** Round trip in milliseconds; null before the first was measured. */
  get rttMs(): number | null {
    return this.#liveness.rttMs;
  }

  /**
   * Resolves with the unchecked result. Rejects with RpcError: the other end's own; UNKNOWN_OUTCOME when no answer came
   * within `deadlineMs` or the connection closed after sending; a definite kind when nothing was sent.
   */
  request(method: string, params: object, deadlineMs: number = LIMITS.requestDeadlineMs): Promise<unknown> {
    if (!this.isOpen) return Promise.reject(new RpcError('NO_QUORUM', { detail: 'The connection is closed; nothing was sent.' }));
    if (this.#pending.size >= this.#limits.pendingRequests)
      return Promise.reject(new RpcError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS }));
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      const alarm = new Alarm(deadlineMs, () => this.#fail(id, 'UNKNOWN_OUTCOME'));
      const settle = (reply: Reply): void => {
        alarm.cancel();
        if (reply.error === undefined) resolve(reply.result);
        else reject(errorFromReply(reply.error));
      };
      this.#repeats.asked(id, method);
      if (LOAD.has(method)) {
        this.#pending.set(id, settle);
        this.#sendRequest(id, method, params);
      } else {
        this.#pending.set(id, (reply) => this.#client.receive(reply as JSONRPCResponse));
        void this.#client.requestAdvanced({ jsonrpc: '2.0', id, method, params }).then((reply) => settle(reply as Reply));
      }
    });
  }

  /** Sends without waiting for anything. False when it was not sent: closed, or too much is buffered already. */
  notify(method: string, params: object): boolean {
    return this.#send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /** Runs once, when the connection is gone; at once when it already is. */
  whenClosed(listener: () => void): void {
    if (this.#socket.readyState === this.#socket.CLOSED) listener();
    else this.#closeListeners.push(listener);
  }

  /** Says goodbye; the socket is cut if the other end does not answer in time. */
  close(code = 1000, reason = ''): void {
    writeWaitingFrames();
    this.#socket.close(code, reason);
  }

  /** Cuts the connection without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  #joinIntake(): Lane | null {
    return (
      this.#options.intake?.join({
        hasRoom: () => this.#gate.hasRoom,
        serve: (frame) => this.#receiveHeld(frame),
        refuse: (frame) => this.#refuseCalls(frame),
        pause: () => this.#socket.pause(),
        resume: () => this.#readOn(this.#gate.hasRoom),
      }) ?? null
    );
  }

  #leaveUnread(): void {
    this.#lane?.leavesUnread();
    this.#socket.pause();
  }

  #readOn(hasRoom: boolean): void {
    if (!hasRoom || !this.#socket.isPaused || this.#lane?.isWaiting === true) return;
    this.#lane?.readsOn();
    this.#socket.resume();
  }

  #createServer(): JSONRPCServer<CallContext> {
    // The library's own listener would print text from outside with console.warn, over whatever is on the screen.
    const server = new JSONRPCServer<CallContext>({ errorListener: () => {} });
    server.mapErrorToJSONRPCErrorResponse = (id, error) => this.#answerError(id, error);
    server.handleMethodNotFound = (request) => {
      const found = request.id === undefined ? null : errorReply(request.id, 'METHOD_NOT_FOUND');
      return Promise.resolve(found as JSONRPCErrorResponse | null);
    };
    for (const [name, handler] of this.#options.handlers) server.addMethod(name, promised(handler));
    return server;
  }

  #answerError(id: Reply['id'], error: unknown): JSONRPCErrorResponse {
    if (error instanceof RpcError) return errorReply(id, error.kind, error.data) as JSONRPCErrorResponse;
    const incident = randomUUID();
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#options.log('error', 'a handler failed', { incident, detail });
    this.#options.onBug?.(error);
    return errorReply(id, 'INTERNAL', { detail: `incident ${incident}` }) as JSONRPCErrorResponse;
  }

  #receive(text: string): void {
    // What arrives after our own goodbye is not looked at.
    if (!this.isOpen) return;
    this.#liveness.heard();
    const frame = this.#repeats.read(text, this.#limits.frames);
    if (frame.type === 'calls') this.#serve(frame.calls, frame.batch, text.length);
    else if (frame.type === 'replies') for (const reply of frame.replies) this.#settle(reply);
    else this.#refuse(frame.id, frame.kind, { detail: frame.detail }, frame.fatal);
  }

  #receiveHeld(frame: HeldFrame): void {
    const text = frame.text();
    if (text === null) this.close(INVALID_PAYLOAD, 'not UTF-8');
    else this.#receive(text);
  }

  #refuse(id: Reply['id'], kind: ErrorKind, data: ErrorData, fatal: boolean): void {
    this.#badFrames += 1;
    this.#options.log('debug', 'frame refused', { role: this.role, peer: this.peer, kind, ...data });
    if (this.role === 'client' || this.role === 'admin') this.#sendReply(JSON.stringify(errorReply(id, kind, data)));
    // A peer and a server run our own code: whatever they send wrongly once, they will send again.
    const hopeless = fatal || this.role === 'peer' || this.role === 'server' || this.#badFrames > LIMITS.badFrames;
    if (hopeless) this.close(POLICY_VIOLATION, 'bad frame');
  }

  #serve(calls: readonly Call[], batch: boolean, bytes: number): void {
    const admission = this.#gate.enter(calls.length, bytes);
    if (admission === 'close') {
      this.close(TRY_AGAIN_LATER, 'too many calls in flight');
      this.#gate.leave(calls.length, bytes);
      return;
    }
    if (admission === 'pause') this.#leaveUnread();
    this.#lane?.began(calls.length);
    const [call] = calls;
    const isDirect = !batch && call !== undefined && (LOAD.has(call.method) || call.id === undefined);
    const handler = isDirect ? this.#options.handlers.get(call.method) : undefined;
    if (call !== undefined && handler !== undefined) this.#run(call, handler, bytes);
    else void this.#answer(calls, batch).finally(() => this.#served(calls.length, bytes));
  }

  #served(calls: number, bytes: number): void {
    this.#lane?.ended(calls);
    this.#readOn(this.#gate.leave(calls, bytes));
  }

  /** The node has no room for them; whatever else is in the frame is seen to as ever. */
  #refuseCalls(held: HeldFrame): void {
    const id = held.loadId();
    const text = id === null ? held.text() : null;
    const frame = text === null ? null : readFrame(text, this.#limits.frames);
    if (id !== null) this.#refuseLoad(id);
    else if (text === null) this.close(INVALID_PAYLOAD, 'not UTF-8');
    else if (frame?.type !== 'calls') this.#receive(text);
    else {
      const answer = refusal(frame.calls, frame.batch);
      if (answer !== null) this.#sendReply(answer);
    }
  }

  #refuseLoad(id: number): void {
    if (!this.isOpen) return;
    if (this.bufferedBytes > this.#limits.sendBufferBytes) this.#abort(UNREAD);
    else this.#writer.refuse(id);
  }

  /** What the library does for a call, without its detours. */
  #run(call: Call, handler: Handler, bytes: number): void {
    const succeed = (result: unknown): void => {
      this.#served(1, bytes);
      if (call.id === undefined) return;
      try {
        this.#sendReply(resultText(call.id, call.method, result));
      } catch (error) {
        this.#unwritable(error);
      }
    };
    const fail = (error: unknown): void => {
      this.#served(1, bytes);
      const answer = this.#answerError(call.id ?? null, error);
      if (call.id !== undefined) this.#sendReply(JSON.stringify(answer));
    };
    let outcome: unknown;
    try {
      outcome = handler(call.params, this.#context);
    } catch (error) {
      fail(error);
      return;
    }
    if (outcome instanceof Later) outcome.begin(succeed, fail);
    else if (outcome instanceof Promise) outcome.then(succeed, fail);
    else succeed(outcome);
  }

  /** Never rejects. */
  async #answer(calls: readonly Call[], batch: boolean): Promise<void> {
    try {
      if (!batch) {
        const [call] = calls;
        const reply = call === undefined ? null : await this.#server.receive(call, this.#context);
        if (reply !== null) this.#sendReply(JSON.stringify(reply));
        return;
      }
      const replies = await this.#server.receive([...calls], this.#context);
      // A batch is answered by an array, also when a single call of it wants an answer (JSON-RPC 2.0 §6).
      if (replies !== null) this.#sendReply(JSON.stringify(Array.isArray(replies) ? replies : [replies]));
    } catch (error) {
      this.#unwritable(error);
    }
  }

  #unwritable(error: unknown): void {
    this.#options.log('error', 'an answer could not be written', { detail: String(error) });
    this.#options.onBug?.(error);
    this.#abort('an answer could not be written');
  }

  #sendReply(reply: string): void {
    if (this.isOpen && !this.#send(reply)) this.#abort(UNREAD);
  }

  /** A refusal comes back as the answer, so that it keeps its kind. */
  #sendRequest(id: number, method: string, params: object): void {
    const text = callText(id, method, params);
    const limit = this.role === 'server' ? LIMITS.frameBytes : LIMITS.replyFrameBytes;
    const tooLarge = text.length * 3 > limit && Buffer.byteLength(text) > limit;
    if (tooLarge) this.#fail(id, 'TOO_LARGE', { detail: `a frame may take ${limit} bytes` });
    else if (!this.#send(text)) this.#fail(id, 'OVERLOADED', { retryAfterMs: RETRY_AFTER_MS });
  }

  #send(text: string): boolean {
    if (!this.isOpen || this.bufferedBytes + text.length > this.#limits.sendBufferBytes) return false;
    this.#writer.write(text);
    return true;
  }

  #fail(id: number, kind: ErrorKind, data: ErrorData = {}): void {
    this.#settle(errorReply(id, kind, data));
  }

  /** An answer without a question of ours finds no one waiting. */
  #settle(reply: Reply): void {
    if (typeof reply.id !== 'number') return;
    const settle = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    this.#repeats.over(reply.id);
    settle?.(reply);
  }

  #abort(why: string): void {
    this.#options.log('info', 'connection cut', { role: this.role, peer: this.peer, why });
    this.#socket.terminate();
  }

  #closed(code: number, reason: string): void {
    this.#liveness.stop();
    this.#lane?.close();
    for (const id of this.#pending.numbers())
      this.#fail(id, 'UNKNOWN_OUTCOME', { detail: 'The connection closed before the answer.' });
    this.#options.onClose?.(code, reason);
    for (const listener of this.#closeListeners) listener();
  }
}

/** As the library takes it. */
function promised(handler: Handler): Handler {
  return (params, context) => {
    const outcome = handler(params, context);
    return outcome instanceof Later ? outcome.promise() : outcome;
  };
}
