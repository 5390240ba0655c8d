/** The part of ffi-rs's raw addon that we use (its README, "load", "createExternalBuffer"). */
export interface Addon {
  open(library: { library: string; path: string }): void;
  load(call: AddonCall): { value: unknown; errnoCode: number };
  createExternalBuffer(external: unknown, length: number): Uint8Array;
}

interface AddonCall {
  library: string;
  funcName: string;
  retType: number;
  paramsType: readonly number[];
  paramsValue: readonly number[];
  errno: true;
  freeResultMemory: false;
}
