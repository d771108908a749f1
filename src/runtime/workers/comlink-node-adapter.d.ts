/** Comlink ships this adapter without types for its ES module form. */
declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink';

  interface NodeEndpoint {
    postMessage(message: unknown, transfer?: unknown[]): void;
    on(type: string, listener: (...args: never[]) => void): void;
    off(type: string, listener: (...args: never[]) => void): void;
  }
  // biome-ignore lint/style/noDefaultExport: it describes a module that has one
  export default function nodeEndpoint(endpoint: NodeEndpoint): Endpoint;
}
