/** Numbers of descriptors as the kernel gives them out: always the lowest that is free. */
export class Descriptors {
  private readonly taken = new Set<number>();

  /** Gives out a number. */
  open(): number {
    let fd = FIRST;
    while (this.taken.has(fd)) fd++;
    this.taken.add(fd);
    return fd;
  }

  close(fd: number): void {
    this.taken.delete(fd);
  }

  has(fd: number): boolean {
    return this.taken.has(fd);
  }
}

/** After the standard streams. */
const FIRST = 3;
