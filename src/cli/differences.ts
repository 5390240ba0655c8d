/**
 * What makes `after` of `before`: lines that go begin with `-`, those that come with `+`, and what stays is left out but
 * for the last line before a change that is not indented, which says where it is.
 */
export function lineDifferences(before: readonly string[], after: readonly string[]): string {
  const out: string[] = [];
  let heading = '';
  let shown = '';
  const change = (sign: string, line: string): void => {
    if (heading !== shown && heading !== line) out.push(`  ${heading}`);
    shown = heading;
    out.push(`${sign} ${line}`);
  };
  for (const { sign, line } of edits(before, after)) {
    if (!line.startsWith(' ')) heading = line;
    if (sign !== ' ') change(sign, line);
  }
  return out.map((line) => `${line}\n`).join('');
}

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/** By the longest common subsequence. */
function edits(before: readonly string[], after: readonly string[]): Edit[] {
  const lengths = commonLengths(before, after);
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  const list: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [gone, come] = [before[i], after[j]];
    if (gone !== undefined && gone === come) {
      list.push({ sign: ' ', line: gone });
      i++;
      j++;
    } else if (gone !== undefined && (come === undefined || at(i + 1, j) >= at(i, j + 1))) {
      list.push({ sign: '-', line: gone });
      i++;
    } else if (come !== undefined) {
      list.push({ sign: '+', line: come });
      j++;
    }
  }
  return list;
}

/** Of the lines from `i` and from `j` on. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint16Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const [row, below] = [table[i], table[i + 1]];
      if (!row || !below) continue;
      const same = before[i] === after[j];
      row[j] = same ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}
