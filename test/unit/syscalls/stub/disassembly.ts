import type { Arch } from '../../../../src/engine/engine.ts';
import { outputOn } from '../tools.ts';

/** The program that disassembles an architecture's code, of this machine or another, and what it is told. */
export const objdump: Readonly<Record<Arch, { readonly program: string; readonly options: readonly string[] }>> = {
  x86_64: {
    program: process.arch === 'x64' ? 'objdump' : 'x86_64-linux-gnu-objdump',
    options: ['-m', 'i386:x86-64', '-M', 'intel'],
  },
  aarch64: {
    program: process.arch === 'arm64' ? 'objdump' : 'aarch64-linux-gnu-objdump',
    options: ['-m', 'aarch64', '-M', 'no-aliases'],
  },
};

/** The instructions, one blank between mnemonic and operands, without objdump's comments. */
export function disassembled(code: Uint8Array, arch: Arch): string[] {
  const { program, options } = objdump[arch];
  const text = outputOn(code, program, '-D', '-b', 'binary', ...options, '--no-show-raw-insn');
  const comment = arch === 'x86_64' ? '#' : '/';
  return [...text.matchAll(/^\s*[0-9a-f]+:\t([^\n]+)/gm)].map(([, line = '']) =>
    (line.split(comment)[0] ?? '').trim().replace(/\s+/, ' '),
  );
}

export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
