/** What assemblers of all machines share: code, labels, and jumps that are bound when it is known where labels are. */
export abstract class Assembler {
  protected readonly code: number[] = [];
  private readonly labels = new Map<string, number>();
  private readonly jumps: { readonly at: number; readonly label: string }[] = [];

  label(name: string): void {
    if (this.labels.has(name)) throw new Error(`label ${name} stands twice`);
    this.labels.set(name, this.code.length);
  }

  /** Where a label is, from the start of the code. */
  offsetOf(label: string): number {
    const offset = this.labels.get(label);
    if (offset === undefined) throw new Error(`no label ${label}`);
    return offset;
  }

  /** The machine code, its jumps bound. */
  assemble(): Uint8Array {
    const bytes = Uint8Array.from(this.code);
    const view = new DataView(bytes.buffer);
    for (const { at, label } of this.jumps) this.bind(view, at, this.offsetOf(label));
    return bytes;
  }

  /** Makes what lies at `at` lead to `target`. */
  protected abstract bind(view: DataView, at: number, target: number): void;

  /** What comes next is to be bound to `label`. */
  protected jumpTo(label: string): void {
    this.jumps.push({ at: this.code.length, label });
  }

  protected emit32(value: number): void {
    this.emit(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff);
  }

  protected emit(...bytes: readonly number[]): void {
    this.code.push(...bytes);
  }
}
