// What a dApp's developer does with the API: everything below is typed by the committed OpenAPI document alone, and no
// line knows more of the market than that document says.
//
//   npm run types && API=http://127.0.0.1:8910 RPC=http://127.0.0.1:8899 WALLET=id.json MINT=<payment mint> npm start
//
// It writes what it saw as one JSON object; the test that runs it compares that with the chain.

import { readFileSync } from "node:fs";
import {
  createKeyPairSignerFromBytes, createSolanaRpc, getBase58Decoder, getBase64EncodedWireTransaction, getBase64Encoder,
  getTransactionDecoder, signature as toSignature, signBytes, signTransaction,
} from "@solana/kit";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.ts";

type Job = components["schemas"]["Job"];
type Told = { id: string; kind: string; data: { job?: string } };

const given = (name: string) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};
const API = given("API");
const MINT = given("MINT");
const rpc = createSolanaRpc(given("RPC"));
const wallet = await createKeyPairSignerFromBytes(new Uint8Array(JSON.parse(readFileSync(given("WALLET"), "utf8"))));
const api = createClient<paths>({ baseUrl: API });

/** What was answered, or the problem as an error. */
function good<T>(reply: { data?: T; error?: unknown; response: Response }): T {
  if (reply.data !== undefined) return reply.data;
  throw new Error(`${reply.response.url} says ${reply.response.status}: ${JSON.stringify(reply.error)}`);
}

/** Signs in with the wallet: the text is signed as it came. */
async function signIn(): Promise<string> {
  const nonce = good(await api.POST("/v1/auth/nonce", { body: { wallet: wallet.address } }));
  const signed = await signBytes(wallet.keyPair.privateKey, new TextEncoder().encode(nonce.message));
  const body = { wallet: wallet.address, nonce: nonce.input.nonce, signature: getBase58Decoder().decode(signed) };
  const tokens = good(await api.POST("/v1/auth/login", { body }));
  const again = await api.POST("/v1/auth/login", { body });
  if (again.response.status !== 401) throw new Error(`a nonce was good twice: ${again.response.status}`);
  return tokens.access_token;
}

/** Asks for an action, signs it, sends it; returns what it does and the slot in which it was confirmed. */
async function act(program: string, name: string, data: Record<string, string>) {
  const body = { account: wallet.address, data };
  const built = good(await api.POST("/v1/actions/{program}/{name}", { params: { path: { program, name } }, body }));
  const bytes = getBase64Encoder().encode(built.transaction);
  const signed = await signTransaction([wallet.keyPair], getTransactionDecoder().decode(bytes));
  const wire = getBase64EncodedWireTransaction(signed);
  const id = toSignature(
    await rpc.sendTransaction(wire, { encoding: "base64", preflightCommitment: "confirmed" }).send());
  for (let tries = 0; tries < 200; tries++) {
    const [status] = (await rpc.getSignatureStatuses([id]).send()).value;
    if (status?.err) throw new Error(`${name} failed: ${JSON.stringify(status.err)}`);
    if (status && status.confirmationStatus !== "processed") return { built, slot: status.slot };
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`${name} was sent as ${id}, and nobody knows what became of it`);
}

/** Posts a job that nobody will compute: its spec is nowhere to be had. */
async function post(units: string) {
  const terms = {
    mint: MINT, units, price_per_unit: "0.01", strategy: "replicated", spec_hash: "ab".repeat(32),
    uri: "http://127.0.0.1:9/nothing", deadline_seconds: "3600",
  };
  const { built, slot } = await act("escrow", "post_job", terms);
  const address = built.assay.summary.addresses["job"];
  if (!address) throw new Error("no job in what the action says");
  return { address, slot, says: built.message };
}

/** The wallet's jobs of some status, page by page, with no field but these. */
async function list(status: "open" | "cancelled", limit: number, min_slot: bigint): Promise<{ jobs: Job[]; pages: number }> {
  const jobs: Job[] = [];
  let cursor: string | undefined;
  for (let pages = 1; ; pages++) {
    const query = {
      status, requester: wallet.address, limit, fields: "address,units,status,posted_at", min_slot: String(min_slot),
      ...(cursor ? { cursor } : {}),
    };
    const page = good(await api.GET("/v1/jobs", { params: { query } }));
    if (BigInt(page.slot) < min_slot) throw new Error(`asked for slot ${min_slot}, got ${page.slot}`);
    jobs.push(...page.items);
    if (!page.next_cursor) return { jobs, pages };
    cursor = page.next_cursor;
  }
}

/** Begins to listen to what happens to the wallet's jobs. */
async function listen(): Promise<ReadableStream> {
  const query = { topics: `requester:${wallet.address}` };
  const signal = AbortSignal.timeout(60_000);
  return good(await api.GET("/v1/stream", { params: { query }, parseAs: "stream", signal })) as unknown as ReadableStream;
}

/** Events as they come, until there is one of this kind. */
async function until(kind: string, stream: ReadableStream): Promise<Told[]> {
  const all: Told[] = [];
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const data = lines.find(line => line.startsWith("data:"))?.slice(5);
      if (data && lines.includes("event: event")) all.push(JSON.parse(data));
    }
    if (all.some(event => event.kind === kind)) return all;
  }
  throw new Error("the stream ended");
}

const token = await signIn();
const me = good(await api.GET("/v1/me", { headers: { authorization: `Bearer ${token}` } }));
const stranger = await api.GET("/v1/me", { headers: { authorization: "Bearer nonsense" } });

const quote = good(await api.GET("/v1/quotes", {
  params: { query: { class: 0, mint: MINT, units: "4", price_per_unit: "10000", strategy: "replicated" } },
}));

const stream = await listen();
const posted = [await post("4"), await post("5"), await post("6")];
// Its own writes, at once: the API waits until it has read the slot.
const open = await list("open", 2, posted[2]!.slot);
const cancelled = await act("escrow", "cancel_job", { job: posted[0]!.address });
const left = await list("open", 2, cancelled.slot);
const path = { address: posted[0]!.address };
const one = good(await api.GET("/v1/jobs/{address}", { params: { path, query: { min_slot: String(cancelled.slot) } } }));

console.log(JSON.stringify({
  wallet: wallet.address, signed_in: me.wallet, stranger: stranger.response.status,
  quote: { fit: quote.fit, devices: quote.devices.length, explanation: quote.explanation },
  posted: posted.map(job => job.address), says: posted.map(job => job.says),
  open: open.jobs, pages: open.pages, left: left.jobs, cancelled: one.job.status,
  events: (await until("JobCancelled", stream)).map(event => [event.kind, event.data.job]),
}));
process.exit(0);
